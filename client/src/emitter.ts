/**
 * Listeners by event name. Unlike Node's, an `error` that nobody listens to is no exception.
 */

import type { EventListener, Events } from "./events.js";

type Name = keyof Events;
type Entry<E extends Name> = { listener: EventListener<E>; once: boolean };
type Entries = { [E in Name]?: readonly Entry<E>[] };

/** A set of listeners that its owner calls. */
export class Listeners {
  #entries: Entries = {};

  add<E extends Name>(event: E, listener: EventListener<E>, once: boolean): void {
    this.#put(event, [...this.#of(event), { listener, once }]);
  }

  /** Removes `listener` of `event`, or all of them. */
  remove<E extends Name>(event: E, listener?: EventListener<E>): void {
    this.#put(event, this.#of(event).filter((entry) => listener !== undefined && entry.listener !== listener));
  }

  clear(): void {
    this.#entries = {};
  }

  of<E extends Name>(event: E): EventListener<E>[] {
    return this.#of(event).map((entry) => entry.listener);
  }

  /** Calls the listeners that `event` has now; those added meanwhile wait for the next. */
  call<E extends Name>(event: E, ...args: Events[E]): void {
    for (const entry of this.#of(event)) {
      if (entry.once) {
        this.#put(event, this.#of(event).filter((other) => other !== entry));
      }
      entry.listener(...args);
    }
  }

  #of<E extends Name>(event: E): readonly Entry<E>[] {
    return (this.#entries[event] as readonly Entry<E>[] | undefined) ?? [];
  }

  #put<E extends Name>(event: E, entries: readonly Entry<E>[]): void {
    this.#entries = { ...this.#entries, [event]: entries };
  }
}
