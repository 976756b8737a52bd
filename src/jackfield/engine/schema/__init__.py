"""The words in which the parts of a document are described, checked and written as JSON Schema."""
