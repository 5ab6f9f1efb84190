/**
 * What the application emits before the gateway is ready: kept in order, bounded in number and in time (core.md 11, 7).
 */

import * as texts from "./texts.js";

/** Most emits that wait; the oldest make room. */
export const CAPACITY = 1000;
/** How long an emit waits, in milliseconds. */
export const PATIENCE_MS = 30_000;

type Entry<T> = { item: T; timer: ReturnType<typeof setTimeout> };

/** A queue that gives up on what it cannot keep, and says so. */
export class WaitingQueue<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #giveUp: (item: T, reason: string) => void;

  constructor(giveUp: (item: T, reason: string) => void) {
    this.#giveUp = giveUp;
  }

  push(item: T): void {
    const entry: Entry<T> = { item, timer: setTimeout(() => this.#expire(entry), PATIENCE_MS) };
    this.#entries.push(entry);
    if (this.#entries.length > CAPACITY) {
      this.#drop(this.#entries.shift(), texts.OVERFLOW);
    }
  }

  /** Empties the queue, oldest first. */
  take(): T[] {
    return this.#entries.splice(0).map((entry) => {
      clearTimeout(entry.timer);
      return entry.item;
    });
  }

  #expire(entry: Entry<T>): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#drop(entry, texts.expired(PATIENCE_MS));
  }

  #drop(entry: Entry<T> | undefined, reason: string): void {
    if (entry) {
      clearTimeout(entry.timer);
      this.#giveUp(entry.item, reason);
    }
  }
}
