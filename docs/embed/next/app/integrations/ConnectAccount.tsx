"use client";

import { JackfieldHub, type LinkedAccount } from "@jackfield/hub/react";
import { useState } from "react";

export function ConnectAccount() {
  const [token, setToken] = useState<string>();
  const [account, setAccount] = useState<LinkedAccount>();
  const [problem, setProblem] = useState<string>();

  async function connect() {
    // Your server asks the hub for a connect session; the API key stays there.
    const response = await fetch("/api/connect-session", { method: "POST" });
    const session: { token: string } = await response.json();
    setToken(session.token);
  }

  return (
    <section>
      {token ? (
        <JackfieldHub
          token={token}
          baseUrl="https://hub.example.com"
          onSuccess={setAccount}
          onError={({ code }) => setProblem(code)}
          onClose={() => setToken(undefined)}
        />
      ) : (
        <button type="button" onClick={connect}>
          Connect an account
        </button>
      )}
      <p role="status">
        {account && `Connected: ${account.provider} (${account.id})`}
        {problem && `This cannot be shown: ${problem}`}
      </p>
    </section>
  );
}
