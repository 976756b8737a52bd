import { StackOneHub } from "@stackone/hub";

window.heard = [];

/** The published React component, as a product has it. */
export default function Published() {
  return (
    <StackOneHub
      token={window.token}
      baseUrl="https://hub.example.com"
      onSuccess={(account) => window.heard.push(["success", account])}
      onClose={() => window.heard.push(["close"])}
    />
  );
}
