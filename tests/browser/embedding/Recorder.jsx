import { JackfieldHub } from "@jackfield/hub/react";
import { StrictMode, useState } from "react";

window.heard = [];

/** Shows the Hub with what the page's address says, and keeps what it tells. */
export default function Recorder() {
  const [props, setProps] = useState(Object.fromEntries(new URLSearchParams(location.search)));
  const [linked, setLinked] = useState(0);
  const keep = (name) => (detail) => window.heard.push([name, detail, linked]);
  window.change = (changed) => setProps((before) => ({ ...before, ...changed }));
  return (
    <StrictMode>
      <JackfieldHub
        {...props}
        token={window.token}
        baseUrl="https://hub.example.com"
        className="product"
        ref={(hub) => {
          window.hub = hub;
        }}
        onReady={keep("ready")}
        onSuccess={(account) => {
          keep("success")(account);
          setLinked(linked + 1);
        }}
        onPending={keep("pending")}
        onClose={keep("close")}
        onError={keep("error")}
      />
    </StrictMode>
  );
}
