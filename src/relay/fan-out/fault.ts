/** Something of ours that failed: nobody is blamed for it, and the records come again. */
export class Fault {
  /** In words, for the log and for whoever asks why a batch stopped. */
  readonly reason: string;
  readonly error: unknown;

  constructor(reason: string, error?: unknown) {
    this.reason = reason;
    this.error = error;
  }
}

/** The relay table did not do what was asked. */
export function tableFault(error: unknown): Fault {
  return new Fault('relay table unavailable', error);
}
