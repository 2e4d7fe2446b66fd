import { type Preparation, prepareDocument } from '../../render/render.ts';
import type { DeliveryContext } from '../context.ts';

/** Documents kept parsed in a process, and characters of their texts; beyond, the least recently used go. */
const MAX_DOCUMENTS = 1_000;
const MAX_CHARACTERS = 1_000_000;

/** Stored documents, parsed and checked against the schema once a process (DESIGN §4 "Deploys with sockets open"). */
export class Documents {
  private readonly prepared = new Map<string, { preparation: Preparation; characters: number }>();
  private characters = 0;
  private readonly context: DeliveryContext;

  constructor(context: DeliveryContext) {
    this.context = context;
  }

  /** @throws TablecastError `REGISTRY_UNAVAILABLE` */
  async prepareAll(hashes: Iterable<string>): Promise<ReadonlyMap<string, Preparation>> {
    const distinct = [...new Set(hashes)];
    const found = await Promise.all(distinct.map(async (hash) => [hash, await this.prepare(hash)] as const));
    return new Map(found);
  }

  private async prepare(hash: string): Promise<Preparation> {
    const known = this.prepared.get(hash);
    if (known) {
      this.prepared.delete(hash);
      this.prepared.set(hash, known);
      return known.preparation;
    }
    const stored = await this.context.registry.document(hash);
    // Not remembered: a row that is missing now may be one that is being written.
    if (!stored) return { ok: false, message: 'its document is no longer stored' };
    const preparation = this.check(stored.text);
    this.keep(hash, preparation, stored.text.length);
    return preparation;
  }

  /** One that our own code stumbles over is its subscribers' trouble alone: the record must not come again for it (C4). */
  private check(text: string): Preparation {
    try {
      return prepareDocument(this.context.model, text);
    } catch (err) {
      this.context.logger.error({ event: 'document.poison', err });
      return { ok: false, message: 'its document cannot be read' };
    }
  }

  private keep(hash: string, preparation: Preparation, characters: number): void {
    this.prepared.set(hash, { preparation, characters });
    this.characters += characters;
    for (const [oldest, { characters: freed }] of this.prepared) {
      if (this.prepared.size <= MAX_DOCUMENTS && this.characters <= MAX_CHARACTERS) break;
      this.prepared.delete(oldest);
      this.characters -= freed;
    }
  }
}
