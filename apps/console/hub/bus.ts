/** Live messages to whoever listens. In this process now; a message system between several consoles can take its place. */
export interface Bus<Message> {
  publish(message: Message): void;
  /** Returns how to stop listening. */
  subscribe(listener: (message: Message) => void): () => void;
}

/** Delivers at once, in order. A listener that throws does not keep the others from hearing. */
export class LocalBus<Message> implements Bus<Message> {
  #listeners = new Set<(message: Message) => void>();
  #onError: (error: unknown) => void;
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  publish(message: Message): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  subscribe(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
