const { JACKFIELD_URL, JACKFIELD_API_KEY } = process.env;

export async function POST(): Promise<Response> {
  // Who is asking is for your own sign-in to say, never for the request's body.
  const customer = { id: "acme", name: "Acme Inc." };

  const response = await fetch(`${JACKFIELD_URL}/connect_sessions`, {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${JACKFIELD_API_KEY}:`)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ origin_owner_id: customer.id, origin_owner_name: customer.name }),
  });
  if (!response.ok) throw new Error(`the hub answered ${response.status}`);
  const { token } = await response.json();
  return Response.json({ token }, { headers: { "cache-control": "no-store" } });
}
