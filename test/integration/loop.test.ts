import { afterAll } from '@jest/globals';
import { endLoop } from './loop/one-loop.ts';

// Their tests run in this order. The first counts the subscriptions there are, the last has the loop's own key refused.
import './loop/explain.ts';
import './loop/http.ts';
import './loop/delivery.ts';
import './loop/revoke.ts';

// It is the last to be said, and so the last to run.
afterAll(endLoop, 60_000);
