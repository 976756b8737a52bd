// Logs, raw requests and connectors, as a user of the published TypeScript SDK asks for them.

import { StackOne } from "@stackone/stackone-client-ts";

const [url, key, account] = process.argv.slice(2);
const stackOne = new StackOne({ serverURL: url, security: { username: key, password: "" } });
const said = {};

said.connectors = (await stackOne.connectors.listConnectorsMeta({})).classes;
said.connector = (await stackOne.connectors.getConnectorMeta({ provider: "iterable" })).connectorsMeta;
said.meta = (await stackOne.accounts.getAccountMetaInfo({ id: account })).linkedAccountMeta;

said.proxied = (
  await stackOne.proxy.proxyRequest({
    xAccountId: account,
    proxyRequestBody: { path: "/api/channels" },
  })
).statusCode;

await stackOne.actions.rpcAction({
  action: "iterable_list_message_types",
  headers: { "x-account-id": account },
});
// Logs are written in groups, a moment after what they tell of.
for (let attempt = 0; attempt < 100 && !said.logs?.length; attempt++) {
  const listed = await stackOne.requestLogs.listLogs({ filter: { accountIds: account } });
  said.logs = listed.unifiedLogsPaginated.data;
}
said.steps = (await stackOne.requestLogs.listStepLogs({})).stepLogsPaginated.data;
said.platform = (await stackOne.requestLogs.listPlatformLogs({})).platformLogsPaginated.data;
said.log = (await stackOne.requestLogs.getLog({ id: said.logs[0].requestId })).unifiedLogResult.data;

console.log(JSON.stringify(said));
