/** Outages that the adapters behind the ports throw. Anything else that they throw is a defect. */

/** Postgres or a Durable Object could not be reached, or was overloaded. Nothing was written. */
export class Unavailable extends Error {
  override name = "Unavailable";
}

/** The answer to a write was lost or did not come in time: it may have been committed. */
export class WriteUnconfirmed extends Error {
  override name = "WriteUnconfirmed";
}
