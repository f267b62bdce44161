/** What the person at the terminal should read and can act on; anything else that is thrown is a defect. */
export class Refusal extends Error {}
