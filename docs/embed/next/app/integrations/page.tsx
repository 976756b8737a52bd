import { ConnectAccount } from "./ConnectAccount";

export default function Integrations() {
  return (
    <main>
      <h1>Integrations</h1>
      <ConnectAccount />
    </main>
  );
}
