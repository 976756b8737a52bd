import { createServer } from "node:http";

const { JACKFIELD_URL, JACKFIELD_API_KEY, PORT = 3000 } = process.env;

async function connectSession(customer) {
  const response = await fetch(`${JACKFIELD_URL}/connect_sessions`, {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${JACKFIELD_API_KEY}:`)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ origin_owner_id: customer.id, origin_owner_name: customer.name }),
  });
  if (!response.ok) throw new Error(`the hub answered ${response.status}`);
  return response.json();
}

const server = createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "/api/connect-session") {
    response.writeHead(404).end();
    return;
  }
  // Who is asking is for your own sign-in to say, never for the request's body.
  const customer = { id: "acme", name: "Acme Inc." };
  try {
    const { token } = await connectSession(customer);
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify({ token }));
  } catch (error) {
    console.error(error);
    response.writeHead(502).end();
  }
});

server.listen(PORT, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
