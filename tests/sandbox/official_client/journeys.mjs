// Calls every method of Iterable's published client on the sandbox at the URL given first, with the
// key given second, and prints what became of each journey as one line of JSON.

import assert from "node:assert/strict";
import {
  IterableApiError,
  IterableClient,
  IterableRawError,
  IterableResponseValidationError,
} from "@iterable/api";

const [baseUrl, apiKey] = process.argv.slice(2);
const called = new Set();
const client = new Proxy(new IterableClient({ apiKey, baseUrl }), {
  get: (target, name) => {
    called.add(name);
    return target[name];
  },
});

const methodsOf = (prototype) =>
  prototype === Object.prototype
    ? []
    : [...Object.getOwnPropertyNames(prototype), ...methodsOf(Object.getPrototypeOf(prototype))];

const AVERY = "avery.abbott@example.com";
const AVERY_ID = "us-10001";
const BLAKE = "blake.hayes@example.org";
const NEWSLETTER = 30001;
const TRAIL_CLUB = 30002;
const EMAIL_TEMPLATE = 200001;

const running = async (medium) => {
  const { campaigns } = await client.getCampaigns({ pageSize: 100, campaignState: ["Running"] });
  return campaigns.find((each) => each.messageMedium === medium && each.type === "Triggered").id;
};

const control = async (method, path, body) => {
  const answer = await fetch(`${baseUrl}/__sandbox__/${path}`, {
    method,
    body: JSON.stringify(body ?? {}),
  });
  assert.equal(answer.status, 200);
  return answer.json();
};

const soon = () => new Date(Date.now() + 86_400_000).toISOString();

const sendAndCancel = (medium, send, cancel) => async () => {
  const campaignId = await running(medium);
  const sent = await client[send]({ campaignId, recipientEmail: AVERY });
  assert.match(sent.msg, /Sent triggered message to: avery/);
  const sendAt = soon().slice(0, 19).replace("T", " ");
  const scheduled = await client[send]({ campaignId, recipientEmail: AVERY, sendAt });
  const scheduledMessageId = scheduled.params.scheduledMessageId;
  await client[cancel]({ scheduledMessageId });
  await assert.rejects(client[cancel]({ scheduledMessageId }), IterableApiError);
};

const writeTemplate = (upsert, update, read, fields, proof) => async () => {
  const clientTemplateId = `journey-${upsert}`;
  const { msg } = await client[upsert]({ clientTemplateId, name: "Journey", ...fields });
  const templateId = Number(msg.match(/IDs: (\d+)/)[1]);
  await client[update]({ templateId, name: "Renamed" });
  const template = await client[read]({ templateId });
  assert.equal(template.name, "Renamed");
  for (const [name, value] of Object.entries(fields)) assert.deepEqual(template[name], value);
  const { templates } = await client.getTemplateByClientId({ clientTemplateId });
  assert.deepEqual(templates.map((each) => each.templateId), [templateId]);
  assert.match((await client[proof]({ templateId, recipientEmail: AVERY })).msg, /Sent proof to/);
  const deleted = await client.bulkDeleteTemplates({ ids: [templateId] });
  assert.deepEqual(deleted.success, [templateId]);
};

const journeys = {
  "reads channels and message types": async () => {
    assert.ok((await client.getChannels()).channels.length >= 4);
    assert.ok((await client.getMessageTypes()).messageTypes.length >= 4);
  },

  "pages through campaigns": async () => {
    const first = await client.getCampaigns({ page: 1, pageSize: 5 });
    const second = await client.getCampaigns({ page: 2, pageSize: 5, sort: { field: "id" } });
    assert.equal(first.campaigns.length, 5);
    assert.ok(first.nextPageUrl);
    assert.ok(second.previousPageUrl);
    assert.equal(first.totalCampaignsCount, second.totalCampaignsCount);
    const one = await client.getCampaign({ id: first.campaigns[0].id });
    assert.equal(one.name, first.campaigns[0].name);
    const recurring = await client.getCampaigns({ campaignState: ["Recurring"] });
    const { campaigns } = await client.getChildCampaigns({ id: recurring.campaigns[0].id });
    assert.ok(campaigns.length);
  },

  "reads metrics": async () => {
    const [row] = await client.getCampaignMetrics({
      campaignId: await running("Email"),
      startDateTime: "2020-01-01 00:00:00",
      endDateTime: "2100-01-01 00:00:00",
    });
    assert.ok(Number(row["Total Emails Sent"]) > 0);
    assert.ok((await client.getExperimentMetrics({ experimentId: [50001] })).length >= 2);
  },

  "makes, schedules, cancels, sends, aborts and archives a blast": async () => {
    const { campaignId } = await client.createBlastCampaign({
      name: "Journey",
      templateId: EMAIL_TEMPLATE,
      listIds: [TRAIL_CLUB],
    });
    const state = async () => (await client.getCampaign({ id: campaignId })).campaignState;
    assert.equal(await state(), "Ready");
    await client.scheduleCampaign({ campaignId, sendAt: soon() });
    assert.equal(await state(), "Scheduled");
    await client.cancelCampaign({ campaignId });
    assert.equal(await state(), "Ready");
    await client.sendCampaign({ campaignId });
    await client.abortCampaign({ campaignId });
    assert.equal(await state(), "Aborted");
    assert.deepEqual((await client.archiveCampaigns({ campaignIds: [campaignId] })).success, [
      campaignId,
    ]);
  },

  "activates, triggers and deactivates a triggered campaign": async () => {
    const { campaignId } = await client.createTriggeredCampaign({
      name: "Journey",
      templateId: EMAIL_TEMPLATE,
    });
    await client.activateTriggeredCampaign({ campaignId });
    await client.triggerCampaign({ campaignId, listIds: [TRAIL_CLUB] });
    await client.deactivateTriggeredCampaign({ campaignId });
    const { campaignState } = await client.getCampaign({ id: campaignId });
    assert.equal(campaignState, "Finished");
  },

  "makes, fills, changes and deletes a catalog": async () => {
    const catalogName = "journey";
    await client.createCatalog({ catalogName });
    await client.replaceCatalogItems({ catalogName, documents: { one: { a: 1, b: 1 } } });
    await client.partialUpdateCatalogItems({ catalogName, documents: { one: { a: 2 } } });
    assert.deepEqual((await client.getCatalogItem({ catalogName, itemId: "one" })).value, {
      a: 2,
      b: 1,
    });
    await client.partialUpdateCatalogItem({ catalogName, itemId: "one", update: { b: 2 } });
    await client.replaceCatalogItem({ catalogName, itemId: "two", value: { c: 1 } });
    const { catalogItemsWithProperties } = await client.getCatalogItems({ catalogName });
    assert.equal(catalogItemsWithProperties.length, 2);
    await client.updateCatalogFieldMappings({
      catalogName,
      mappingsUpdates: [{ fieldName: "a", fieldType: "long" }],
    });
    const mappings = await client.getCatalogFieldMappings({ catalogName });
    assert.deepEqual(mappings, { definedMappings: { a: "long" }, undefinedFields: ["b", "c"] });
    await client.deleteCatalogItem({ catalogName, itemId: "two" });
    await client.bulkDeleteCatalogItems({ catalogName, itemIds: ["one"] });
    assert.ok((await client.getCatalogs()).catalogNames.some(({ name }) => name === catalogName));
    await client.deleteCatalog({ catalogName });
  },

  "reads catalog replies that come wrapped": async () => {
    await control("PATCH", "settings", { wrapCatalogReplies: true });
    assert.ok((await client.getCatalogs()).totalCatalogsCount >= 2);
    assert.ok((await client.getCatalogItems({ catalogName: "products" })).totalItemsCount);
    assert.ok((await client.getCatalogFieldMappings({ catalogName: "products" })).definedMappings);
    await control("PATCH", "settings", { wrapCatalogReplies: false });
  },

  "tracks events and reads them back": async () => {
    await client.trackEvent({ email: AVERY, eventName: "journey", dataFields: { step: 1 } });
    const bulk = await client.trackBulkEvents({
      events: [{ userId: AVERY_ID, eventName: "journey" }],
    });
    assert.equal(bulk.successCount, 1);
    const { events } = await client.getUserEventsByEmail({ email: AVERY, limit: 5 });
    assert.equal(events.filter((each) => each.eventName === "journey").length, 2);
    assert.ok((await client.getUserEventsByUserId({ userId: AVERY_ID })).events.length);
  },

  "takes an experiment from draft to winner": async () => {
    const { campaigns } = await client.getCampaigns({ campaignState: ["Scheduled"] });
    const made = await client.createExperiment({
      campaignId: campaigns[0].id,
      experimentType: "SubjectLine",
      name: "Journey",
    });
    const experimentId = made.id;
    assert.equal(made.name, "Journey");
    const copied = await client.copyExperimentVariant({
      experimentId,
      copyFromTemplateId: EMAIL_TEMPLATE,
    });
    const ready = await client.updateExperimentSettings({
      experimentId,
      conversionEventSettings: { systemConversionEventType: "Opens" },
      holdoutSettings: { holdOutGroupSize: 10, attributionPeriodHours: 24 },
    });
    assert.equal(ready.status, "ready");
    assert.equal((await client.getExperimentVariants({ experimentId })).variants.length, 2);
    assert.equal((await client.startExperiment({ experimentId })).status, "running");
    assert.equal((await client.getExperimentTotals({ experimentId })).variants.length, 2);
    assert.equal((await client.getExperimentTrends({ experimentId })).interval, "day");
    const variantId = copied.variants[1].id;
    const winner = await client.declareExperimentWinner({ experimentId, variantId });
    assert.equal(winner.status, "winner_found");
    await client.deleteExperiment({ experimentId });
    await assert.rejects(client.getExperiment({ experimentId }), IterableApiError);
  },

  "lists and cancels experiments": async () => {
    const { experiments, totalCount } = await client.listExperiments({ status: "draft", limit: 5 });
    assert.equal(experiments.length, totalCount);
    await client.startExperiment({ experimentId: 50001 });
    assert.equal((await client.cancelExperiment({ experimentId: 50001 })).status, "finished");
  },

  "exports users by a job": async () => {
    const { jobId } = await client.startExportJob({
      dataTypeName: "user",
      outputFormat: "application/x-json-stream",
    });
    await control("POST", "clock", { advance: 5 });
    const { jobState, files } = await client.getExportFiles({ jobId });
    assert.equal(jobState, "completed");
    const lines = (await (await fetch(files[0].url)).text()).trim().split("\n");
    assert.ok(lines.length >= 200);
    assert.ok((await client.getExportJobs({ jobState: "completed" })).jobs.length);
    await control("POST", "clock", { advance: 5 });
    const second = await client.startExportJob({ dataTypeName: "purchase", outputFormat: "text/csv" });
    await client.cancelExportJob({ jobId: second.jobId });
  },

  "reads and starts journeys": async () => {
    const { journeys: found } = await client.getJourneys({ pageSize: 2, sort: { field: "name" } });
    assert.equal(found.length, 2);
    const { journeys: all } = await client.getJourneys();
    const workflowId = all.find((each) => each.enabled).id;
    assert.equal((await client.triggerJourney({ workflowId, email: AVERY })).code, "Success");
  },

  "makes, fills, empties and deletes a list": async () => {
    const { listId } = await client.createList({ name: "Journey" });
    const subscribers = [{ email: AVERY }, { email: BLAKE }];
    assert.equal((await client.subscribeUserToList({ listId, subscribers })).successCount, 2);
    assert.equal((await client.getListSize({ listId })).size, 2);
    assert.equal((await client.getListUsers({ listId })).users.length, 2);
    assert.deepEqual((await client.getListPreviewUsers({ listId, size: 1 })).users, [AVERY]);
    await client.unsubscribeUserFromList({ listId, subscribers: [{ email: AVERY }] });
    assert.equal((await client.getListSize({ listId })).size, 1);
    await client.deleteList({ listId });
    assert.ok((await client.getLists()).lists.every((each) => each.id !== listId));
  },

  "sends and cancels email": sendAndCancel("Email", "sendEmail", "cancelEmail"),
  "sends and cancels texts": sendAndCancel("SMS", "sendSMS", "cancelSMS"),
  "sends and cancels push": sendAndCancel("Push", "sendPush", "cancelPush"),
  "sends and cancels web push": sendAndCancel("WebPush", "sendWebPush", "cancelWebPush"),
  "sends and cancels WhatsApp": sendAndCancel("WhatsApp", "sendWhatsApp", "cancelWhatsApp"),
  "sends and cancels in-app messages": sendAndCancel("InApp", "sendInApp", "cancelInApp"),

  "reads in-app and embedded messages": async () => {
    const { inAppMessages } = await client.getInAppMessages({ email: AVERY, count: 5 });
    assert.match(inAppMessages[0].content.html, /Hello Avery/);
    const { placements } = await client.getEmbeddedMessages({ email: AVERY, placementIds: [11] });
    assert.equal(placements[0].embeddedMessages[0].metadata.placementId, 11);
  },

  "makes, reads, changes and deletes a snippet": async () => {
    const { snippetId } = await client.createSnippet({ name: "journey", content: "{{firstName}}" });
    await client.updateSnippet({ identifier: "journey", content: "{{lastName}}" });
    const { snippet } = await client.getSnippet({ identifier: snippetId });
    assert.deepEqual(snippet.variables, ["lastName"]);
    assert.ok((await client.getSnippets()).snippets.length >= 3);
    await client.deleteSnippet({ identifier: snippetId });
    await assert.rejects(client.getSnippet({ identifier: snippetId }), IterableApiError);
  },

  "changes subscriptions one by one and together": async () => {
    const group = { subscriptionGroup: "emailList", subscriptionGroupId: TRAIL_CLUB };
    await client.subscribeUserByEmail({ ...group, userEmail: BLAKE });
    await client.unsubscribeUserByEmail({ ...group, userEmail: BLAKE });
    await client.subscribeUserByUserId({ ...group, userId: AVERY_ID });
    await client.unsubscribeUserByUserId({ ...group, userId: AVERY_ID });
    await client.bulkUpdateSubscriptions({ ...group, action: "subscribe", users: [AVERY, BLAKE] });
    await client.updateUserSubscriptions({ email: AVERY, emailListIds: [NEWSLETTER] });
    const { user } = await client.getUserByEmail({ email: AVERY });
    assert.deepEqual(user.dataFields.emailListIds, [NEWSLETTER]);
  },

  "writes email templates": writeTemplate(
    "upsertEmailTemplate",
    "updateEmailTemplate",
    "getEmailTemplate",
    { subject: "Hi", html: "<p>Hi</p>", mergeDataFeedContext: true },
    "sendEmailTemplateProof",
  ),
  "writes SMS templates": writeTemplate(
    "upsertSMSTemplate",
    "updateSMSTemplate",
    "getSMSTemplate",
    { message: "Hi" },
    "sendSMSTemplateProof",
  ),
  "writes push templates": writeTemplate(
    "upsertPushTemplate",
    "updatePushTemplate",
    "getPushTemplate",
    { title: "Hi", message: "There", payload: { a: 1 } },
    "sendPushTemplateProof",
  ),
  "writes in-app templates": writeTemplate(
    "upsertInAppTemplate",
    "updateInAppTemplate",
    "getInAppTemplate",
    { html: "<p>Hi</p>" },
    "sendInAppTemplateProof",
  ),

  "lists and previews templates": async () => {
    const { templates, totalTemplatesCount } = await client.getTemplates({
      messageMedium: "Email",
      sort: { field: "createdAt", direction: "desc" },
    });
    assert.equal(templates.length, totalTemplatesCount);
    const preview = { templateId: EMAIL_TEMPLATE, data: { dataFields: { firstName: "Ada" } } };
    assert.match(await client.previewEmailTemplate(preview), /Hello Ada/);
    assert.deepEqual((await client.deleteTemplates({ ids: [42] })).failed, [42]);
    const inApp = (await client.getTemplates({ messageMedium: "InApp" })).templates[0];
    assert.match(await client.previewInAppTemplate({ templateId: inApp.templateId }), /Hello there/);
  },

  "writes, renames, merges and deletes users": async () => {
    await client.updateUser({ email: "a+b@example.com", dataFields: { plan: "pro" } });
    const { user } = await client.getUserByEmail({ email: "a+b@example.com" });
    assert.equal(user.dataFields.plan, "pro");
    await client.updateEmail({ currentEmail: "a+b@example.com", newEmail: "c@example.com" });
    const bulk = await client.bulkUpdateUsers({
      users: [{ email: "d@example.com", userId: "d" }, { email: "broken@" }],
    });
    assert.deepEqual([bulk.successCount, bulk.failCount], [1, 1]);
    assert.equal((await client.getUserByUserId({ userId: "d" })).user.email, "d@example.com");
    await client.mergeUsers({ sourceEmail: "c@example.com", destinationEmail: "d@example.com" });
    assert.equal((await client.getUserByEmail({ email: "c@example.com" })).user, undefined);
    await client.deleteUserByUserId({ userId: "d" });
    await client.updateUser({ email: "e@example.com" });
    await client.deleteUserByEmail({ email: "e@example.com" });
    assert.equal((await client.getUserFields()).fields.plan, "string");
  },

  "reads webhooks": async () => {
    assert.equal((await client.getWebhooks()).webhooks.length, 1);
  },

  "types envelope A and leaves the others raw": async () => {
    await assert.rejects(client.getUserByEmail({ email: "foo@" }), IterableApiError);
    await assert.rejects(client.getUserByUserId({ userId: "nobody" }), IterableRawError);
    await assert.rejects(client.getCatalogItems({ catalogName: "nothing" }), IterableRawError);
    const stranger = new IterableClient({ apiKey: "0".repeat(32), baseUrl });
    await assert.rejects(stranger.getChannels(), { statusCode: 401 });
  },

  // The client wants fields here that neither the reference nor a recorded answer has.
  "rejects sent messages as documented": async () => {
    await assert.rejects(client.getSentMessages({ email: AVERY }), IterableResponseValidationError);
    assert.deepEqual((await client.getSentMessages({ email: BLAKE, campaignIds: [42] })).messages, []);
  },

  // The client names a webhook by `webhookId`, where the reference requires `id`.
  "is refused when it changes a webhook": async () => {
    await assert.rejects(client.updateWebhook({ webhookId: 1501, active: false }), {
      statusCode: 400,
    });
  },
};

const outcome = {};
for (const [name, journey] of Object.entries(journeys)) {
  try {
    await journey();
    outcome[name] = "done";
  } catch (error) {
    outcome[name] = String(error?.stack ?? error);
  }
}
client.destroy();
const methods = new Set(methodsOf(IterableClient.prototype));
methods.delete("constructor");
const uncalled = [...methods].filter((name) => !called.has(name));
console.log(JSON.stringify({ outcome, uncalled }));
