import { afterAll } from '@jest/globals';
import { endExample } from './todos/one-example.ts';

// Their tests run in this order: the first finds the samples as they are, the last ends the loop.
import './todos/operations.ts';
import './todos/writes.ts';

afterAll(endExample, 30_000);
