/**
 * What applications read, each text once. They compare these strings, so they are part of the interface (core.md 2.2, 2.5 and 11).
 */

export const NOT_AN_OBJECT = "message received is not an object.";
export const NO_CONTEXT = "activity stream must contain an @context array.";
export const NO_TYPE = "activity stream must contain a type property.";
export const NO_ACTOR = "activity stream must contain an actor property.";
export const CREDENTIALS_NO_CONTEXT = "credential activity streams must have an @context set";
export const NOT_CREDENTIALS = "credential activity streams must have credentials set as type";
export const OVERFLOW = "SockethubClient queue overflow before ready";
export const REGISTRY_REFUSED = "SockethubClient received an invalid schema registry";

export function notOnePlatform(kind: "activity" | "credential activity"): string {
  return `${kind} streams must have exactly one registered platform context URL in @context`;
}

export function unknownVerb(verb: string, platform: string, verbs: readonly string[]): string {
  return `platform type ${verb} not supported by ${platform} platform. (types: ${verbs.join(", ")})`;
}

export function invalid(reason: string): string {
  return `SockethubClient validation failed: ${reason}`;
}

export function expired(milliseconds: number): string {
  return `SockethubClient queued message expired after ${milliseconds}ms before initialization`;
}

export function readyTimedOut(milliseconds: number): string {
  return `SockethubClient ready() timed out after ${milliseconds}ms`;
}

export function initTimedOut(milliseconds: number): string {
  return `SockethubClient initialization timed out after ${milliseconds}ms`;
}

export function unknownPlatform(platform: string): string {
  return `SockethubClient knows no platform ${JSON.stringify(platform)}`;
}

export function schemaUnusable(platform: string, reason: string): string {
  return `SockethubClient cannot use the schemas of ${platform}, activities are checked by the gateway only: ${reason}`;
}
