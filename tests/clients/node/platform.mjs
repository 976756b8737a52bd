// What a user of the published TypeScript SDK does; prints what came of it as JSON.

import { StackOne } from "@stackone/stackone-client-ts";

const [url, key, account] = process.argv.slice(2);
const stackOne = new StackOne({ serverURL: url, security: { username: key, password: "" } });
const said = {};

const session = await stackOne.connectSessions.createConnectSession({
  originOwnerId: "acme",
  originOwnerName: "Acme Inc.",
  provider: "iterable",
  multiple: true,
});
said.session = session.connectSessionTokenAuthLink;
const authenticated = await stackOne.connectSessions.authenticateConnectSession({
  token: said.session.token,
});
said.authenticated = authenticated.connectSession;

said.accounts = (await stackOne.accounts.listLinkedAccounts({ providers: ["iterable"] })).classes;
said.account = (await stackOne.accounts.getAccount({ id: account })).linkedAccount;
// The SDK strips what stands inside id and params: that is enough for a list.
said.mcp = (
  await stackOne.mcp.mcpPost(
    { apiKey: key },
    {
      xAccountId: account,
      jsonRpcMessageDto: { jsonrpc: "2.0", id: {}, method: "tools/list", params: {} },
    },
    { headers: { "x-end-user-id": "ada" } },
  )
).statusCode;
said.updated = (
  await stackOne.accounts.updateAccount({ id: account, patchAccountExternalDto: { originUsername: "ada" } })
).linkedAccount;

said.actions = [];
for await (const page of await stackOne.actions.listActionsMeta({ filter: { connectors: "iterable" } })) {
  said.actions.push(...page.actionsMetaPaginated.data);
}
said.rpc = (
  await stackOne.actions.rpcAction({
    action: "iterable_list_message_types",
    headers: { "x-account-id": account },
  })
).actionsRpcResponse;

said.refusals = {};
const refused = async (name, call) => {
  try {
    await call();
  } catch (error) {
    said.refusals[name] = { type: error.constructor.name, status: error.statusCode, message: error.message };
  }
};
await refused("missing", () => stackOne.accounts.getAccount({ id: "acc_0" }));
const stranger = new StackOne({ serverURL: url, security: { username: "jf_sk_wrong", password: "" } });
await refused("stranger", () => stranger.accounts.getAccount({ id: account }));
await refused("inputs", () =>
  stackOne.actions.rpcAction({
    action: "iterable_get_list_size",
    headers: { "x-account-id": account },
  }),
);
await refused("provider", () =>
  stackOne.actions.rpcAction({
    action: "iterable_get_list_size",
    path: { listId: 999999 },
    headers: { "x-account-id": account },
  }),
);
said.deleted = (await stackOne.accounts.deleteAccount({ id: account })).linkedAccount;

console.log(JSON.stringify(said));
