"""One API, described in Swagger 2.0 and in OpenAPI 3."""

SWAGGER = """\
swagger: "2.0"
info: { title: Pet Store, version: 1.0.0, description: Pets. }
host: api.pets.example
basePath: /v2/
schemes: [http, https]
consumes: [application/json]
produces: [application/json]
securityDefinitions:
  login: { type: basic }
  key: { type: apiKey, in: header, name: X-Key, description: Ask for one. }
  oauth:
    type: oauth2
    flow: accessCode
    authorizationUrl: https://pets.example/authorize
    tokenUrl: https://pets.example/token
    scopes: { read: Read., write: Write. }
security: [{ key: [] }, { oauth: [read] }, { login: [] }]
parameters:
  Limit: { name: limit, in: query, type: integer, minimum: 1, maximum: 100, default: 20 }
  Pet: { name: pet, in: body, required: true, schema: { $ref: "#/definitions/NewPet" } }
responses:
  Refused: { description: Refused., schema: { $ref: "#/definitions/Refusal" } }
definitions:
  Refusal: { type: object, properties: { message: { type: string } } }
  NewPet:
    type: object
    required: [name]
    properties:
      name: { type: string, minLength: 1 }
      nick: { type: string, x-nullable: true }
      kind: { type: string, enum: [cat, dog] }
  Pet:
    allOf: [{ $ref: "#/definitions/NewPet" }, { properties: { id: { type: integer } } }]
paths:
  /pets:
    parameters: [{ $ref: "#/parameters/Limit" }]
    get:
      operationId: listPets
      tags: [Pets]
      summary: List pets
      parameters:
        - { name: tags, in: query, type: array, items: { type: string }, collectionFormat: multi }
        - { name: ids, in: query, type: array, items: { type: integer } }
        - { name: pipes, in: query, type: array, items: { type: string }, collectionFormat: pipes }
        - { name: blanks, in: query, type: array, items: { type: string }, collectionFormat: ssv }
      responses:
        200:
          description: Pets.
          schema: { type: array, items: { $ref: "#/definitions/Pet" } }
          examples: { application/json: [{ id: 1, name: Rex }] }
        400: { $ref: "#/responses/Refused" }
    post:
      operationId: createPet
      tags: [Pets]
      security: [{ oauth: [write] }]
      parameters: [{ $ref: "#/parameters/Pet" }]
      responses: { 201: { description: Made., schema: { $ref: "#/definitions/Pet" } } }
  /pets/{petId}:
    parameters:
      - { name: petId, in: path, required: true, type: integer, description: Its id. }
      - { name: X-Trace, in: header, type: string }
    put:
      operationId: replacePet
      tags: [Pets]
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - { name: name, in: formData, required: true, type: string, description: Its name. }
        - { name: tags, in: formData, type: array, items: { type: string }, collectionFormat: multi }
      responses: { 204: { description: Done. } }
    get:
      operationId: getPet
      tags: [Pets]
      security: []
      parameters: [{ name: petId, in: path, required: true, type: string }]
      responses: { 200: { description: A pet., schema: { $ref: "#/definitions/Pet" } } }
    delete: { operationId: deletePet, tags: [Pets], responses: { 204: { description: Gone. } } }
  /pets/{petId}/photo:
    post:
      operationId: uploadPhoto
      tags: [Photos]
      consumes: [multipart/form-data]
      parameters:
        - { name: petId, in: path, required: true, type: integer }
        - { name: photo, in: formData, required: true, type: file }
        - { name: title, in: formData, type: string }
      responses: { 200: { description: Done., schema: { type: object } } }
"""
OPENAPI = """\
openapi: 3.0.3
info: { title: Pet Store, version: 1.0.0, description: Pets. }
servers: [{ url: https://api.pets.example/v2 }]
security: [{ key: [] }, { oauth: [read] }, { login: [] }]
components:
  securitySchemes:
    login: { type: http, scheme: basic }
    key: { type: apiKey, in: header, name: X-Key, description: Ask for one. }
    oauth:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://pets.example/authorize
          tokenUrl: https://pets.example/token
          scopes: { read: Read., write: Write. }
  schemas:
    Refusal: { type: object, properties: { message: { type: string } } }
    NewPet:
      type: object
      required: [name]
      properties:
        name: { type: string, minLength: 1 }
        nick: { type: string, nullable: true }
        kind: { type: string, enum: [cat, dog] }
    Pet:
      allOf: [{ $ref: "#/components/schemas/NewPet" }, { properties: { id: { type: integer } } }]
paths:
  /pets:
    parameters:
      - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100, default: 20 } }
    get:
      operationId: listPets
      tags: [Pets]
      summary: List pets
      parameters:
        - { name: tags, in: query, explode: true, schema: &texts { type: array, items: { type: string } } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: pipes, in: query, style: pipeDelimited, explode: false, schema: *texts }
        - { name: blanks, in: query, style: spaceDelimited, explode: false, schema: *texts }
      responses:
        200:
          description: Pets.
          content:
            application/json:
              schema: { type: array, items: { $ref: "#/components/schemas/Pet" } }
              example: [{ id: 1, name: Rex }]
        400:
          description: Refused.
          content: { application/json: { schema: { $ref: "#/components/schemas/Refusal" } } }
    post:
      operationId: createPet
      tags: [Pets]
      security: [{ oauth: [write] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/NewPet" } } }
      responses:
        201:
          description: Made.
          content: &pet { application/json: { schema: { $ref: "#/components/schemas/Pet" } } }
  /pets/{petId}:
    parameters:
      - { name: petId, in: path, required: true, description: Its id., schema: { type: integer } }
      - { name: X-Trace, in: header, schema: { type: string } }
    put:
      operationId: replacePet
      tags: [Pets]
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [name]
              properties: { name: { type: string, description: Its name. }, tags: *texts }
            encoding: { tags: { style: form, explode: true } }
      responses: { 204: { description: Done. } }
    get:
      operationId: getPet
      tags: [Pets]
      security: []
      parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
      responses: { 200: { description: A pet., content: *pet } }
    delete: { operationId: deletePet, tags: [Pets], responses: { 204: { description: Gone. } } }
  /pets/{petId}/photo:
    post:
      operationId: uploadPhoto
      tags: [Photos]
      parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties: { photo: { type: string, format: binary }, title: { type: string } }
      responses:
        200: { description: Done., content: { application/json: { schema: { type: object } } } }
"""
