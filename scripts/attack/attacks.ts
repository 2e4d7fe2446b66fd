import type { Proof } from '../prove/proof.ts';
import { attack as access } from './attacks/access.ts';
import { attack as canary } from './attacks/canary.ts';
import { attack as documents } from './attacks/documents.ts';
import { attack as flood } from './attacks/flood.ts';
import { attack as fuzz } from './attacks/fuzz.ts';
import { attack as oldImage } from './attacks/old-image.ts';
import { attack as orders } from './attacks/orders.ts';
import { attack as origins } from './attacks/origins.ts';
import { attack as pollution } from './attacks/pollution.ts';
import { attack as regexes } from './attacks/regexes.ts';
import { attack as tokens } from './attacks/tokens.ts';

/** Every attack there is, in the order they are run and printed (RELIABILITY §4 and its T rows). */
export const ATTACKS: readonly Proof[] = [
  origins,
  orders,
  tokens,
  documents,
  flood,
  pollution,
  regexes,
  fuzz,
  access,
  oldImage,
  canary,
];
