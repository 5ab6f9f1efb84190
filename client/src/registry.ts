/**
 * What a gateway says it can do: its version, its base contexts and its platforms (core.md 1.4).
 */

import { isObject, type Json } from "./activity.js";

/** A JSON Schema, draft-07. */
export type JsonSchema = Json;

/** One platform of the gateway. */
export interface Platform {
  id: string;
  version: string;
  contextUrl: string;
  contextVersion?: string;
  schemaVersion?: string;
  types: string[];
  schemas: { credentials: JsonSchema; messages: JsonSchema };
}

/** The two contexts that every activity names besides its platform's. */
export interface BaseContexts {
  as: string;
  sockethub: string;
}

/** The gateway's answer to `schemas`. */
export interface Registry {
  fingerprint?: string;
  version: string;
  contexts: BaseContexts;
  platforms: Platform[];
}

/** Whether `answer` says that the registry of the fingerprint asked with is still the right one. */
export function isUnchanged(answer: unknown): boolean {
  return isObject(answer) && answer["unchanged"] === true;
}

/**
 * Reads a registry, or nothing if `answer` is none.
 *
 * A platform that lacks what is needed to address it is left out rather than failing the others.
 */
export function readRegistry(answer: unknown): Registry | undefined {
  if (!isObject(answer) || !isObject(answer["contexts"]) || !Array.isArray(answer["platforms"])) {
    return undefined;
  }
  const { as, sockethub } = answer["contexts"];
  if (typeof as !== "string" || typeof sockethub !== "string") {
    return undefined;
  }
  const platforms = answer["platforms"].map(readPlatform).filter((platform) => platform !== undefined);
  const version = typeof answer["version"] === "string" ? answer["version"] : "";
  const registry: Registry = { version, contexts: { as, sockethub }, platforms };
  if (typeof answer["fingerprint"] === "string") {
    registry.fingerprint = answer["fingerprint"];
  }
  return registry;
}

/** The platforms whose context `contexts` names; one entry per mention. */
export function platformsNamed(registry: Registry, contexts: readonly string[]): Platform[] {
  return contexts.flatMap((url) => registry.platforms.filter((platform) => platform.contextUrl === url));
}

function readPlatform(entry: unknown): Platform | undefined {
  if (!isObject(entry)) {
    return undefined;
  }
  const { id, version, contextUrl, contextVersion, schemaVersion, types, schemas } = entry;
  if (typeof id !== "string" || typeof version !== "string" || typeof contextUrl !== "string") {
    return undefined;
  }
  const parts: Json = isObject(schemas) ? schemas : {};
  const platform: Platform = {
    id,
    version,
    contextUrl,
    types: Array.isArray(types) ? types.filter((type) => typeof type === "string") : [],
    schemas: { credentials: schemaIn(parts, "credentials"), messages: schemaIn(parts, "messages") },
  };
  if (typeof contextVersion === "string") {
    platform.contextVersion = contextVersion;
  }
  if (typeof schemaVersion === "string") {
    platform.schemaVersion = schemaVersion;
  }
  return platform;
}

function schemaIn(parts: Json, part: "credentials" | "messages"): JsonSchema {
  const schema = parts[part];
  return isObject(schema) ? schema : {};
}
