/** A payload frame cut where the client's id goes, so that one rendering serves many subscribers. */
export interface PayloadFrame {
  /** Before the payload. ASCII. */
  readonly head: string;
  /** Between the payload and the client's id as JSON text. ASCII. */
  readonly beforeId: string;
  /** Behind the id: closes the frame. ASCII. */
  readonly end: string;
  /** What follows the payload of one client id: `beforeId`, the id, `end`. */
  tail(clientId: string): string;
}

/** Every dialect has the same, but for its `type`. The id comes last, so that everything before it is shared. */
export function payloadFrame(type: 'next' | 'data'): PayloadFrame {
  const [beforeId, end] = [',"id":', '}'];
  return {
    head: `{"type":"${type}","payload":`,
    beforeId,
    end,
    tail: (clientId) => `${beforeId}${JSON.stringify(clientId)}${end}`,
  };
}
