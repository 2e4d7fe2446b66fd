import { CONNECTION_LIFE_SECONDS } from '../context.ts';

/** The queue drops a message after so many seconds: nobody is connected then who was when it was sent. */
export const MESSAGE_LIFE_SECONDS = CONNECTION_LIFE_SECONDS;

/**
 * How long a token, and a payload that a message points to, is kept, seconds: it outlives the message, the time that one
 * is hidden while it is worked on, and what clocks may differ by.
 */
export const TOKEN_LIFE_SECONDS = MESSAGE_LIFE_SECONDS + 1_200;
