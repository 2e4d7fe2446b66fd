import { type Preparation, prepareDocument } from '../../render/render.ts';
import type { RelayContext } from '../context.ts';

/** Documents kept parsed in a process; beyond, the least recently used goes. */
const MAX_DOCUMENTS = 1_000;

/** Stored documents, parsed and checked against the schema once a process (DESIGN §4 "Deploys with sockets open"). */
export class Documents {
  private readonly prepared = new Map<string, Preparation>();
  private readonly context: RelayContext;

  constructor(context: RelayContext) {
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
      return known;
    }
    const stored = await this.context.registry.document(hash);
    // Not remembered: a row that is missing now may be one that is being written.
    if (!stored) return { ok: false, message: 'its document is no longer stored' };
    const preparation = prepareDocument(this.context.model, stored.text);
    this.prepared.set(hash, preparation);
    if (this.prepared.size > MAX_DOCUMENTS) {
      const oldest = this.prepared.keys().next();
      if (!oldest.done) this.prepared.delete(oldest.value);
    }
    return preparation;
  }
}
