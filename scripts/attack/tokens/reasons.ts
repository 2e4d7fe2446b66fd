/** What is wrong with a token, the token, and the reason it is to be refused with. */
export type TokenVector = readonly [name: string, made: () => string, reason: string];

// Reasons that several vectors are refused with.
export const ALGORITHM = 'a token signed by an algorithm that is not accepted';
export const MALFORMED = 'a malformed token';
export const SIGNATURE = 'a token whose signature is wrong';
export const UNKNOWN_KEY = 'a token signed by a key that its issuer does not publish';
