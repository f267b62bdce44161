/** An error whose message the user at the terminal can act on. Any other error is a defect. */
export class UserError extends Error {}
