/**
 * Listeners by event name. Unlike Node's, an `error` that nobody listens to is no exception.
 */

/** Receives an event's arguments. */
export type Listener = (...args: never[]) => void;

type Entry = { listener: Listener; once: boolean };

/** A set of listeners that its owner calls. */
export class Listeners {
  readonly #entries = new Map<string, Entry[]>();

  add(event: string, listener: Listener, once: boolean): void {
    this.#entries.set(event, [...this.#of(event), { listener, once }]);
  }

  remove(event: string, listener?: Listener): void {
    this.#keep(event, (entry) => listener !== undefined && entry.listener !== listener);
  }

  clear(): void {
    this.#entries.clear();
  }

  of(event: string): Listener[] {
    return this.#of(event).map((entry) => entry.listener);
  }

  /** Calls the listeners that `event` has now; those added meanwhile wait for the next. */
  call(event: string, args: readonly unknown[]): void {
    for (const entry of this.#of(event)) {
      if (entry.once) {
        this.#keep(event, (other) => other !== entry);
      }
      entry.listener(...(args as never[]));
    }
  }

  #of(event: string): readonly Entry[] {
    return this.#entries.get(event) ?? [];
  }

  #keep(event: string, wanted: (entry: Entry) => boolean): void {
    const kept = this.#of(event).filter(wanted);
    if (kept.length > 0) {
      this.#entries.set(event, kept);
    } else {
      this.#entries.delete(event);
    }
  }
}
