/**
 * Which of many schema errors is told, and in which words (core.md 2.5). The gateway chooses alike, so that an activity is refused
 * in the same words wherever it is checked.
 */

import type { ErrorObject } from "ajv";

import { isObject, type Json } from "./activity.js";

const ROOTS = ["actor", "target", "object"];

/**
 * The one error worth telling.
 *
 * Where an entity may be one of several types, every type complains. The complaints of the type that the activity claims to be are
 * to the point, the deepest most of all; if there is none, the last error sums up.
 */
export function describe(errors: readonly ErrorObject[], activity: Json): string {
  const typed = deepest(errors.filter((error) => concernsClaimedType(error, activity)));
  if (typed) {
    return sentence(typed, unknownProperty(typed) ?? choices(typed));
  }
  const last = errors.at(-1);
  return last ? sentence(last, unknownProperty(last) ?? alternatives(last)) : "activity stream: must match its schema";
}

function deepest(errors: readonly ErrorObject[]): ErrorObject | undefined {
  return errors.reduce<ErrorObject | undefined>(
    (best, error) => (best === undefined || depth(error) > depth(best) ? error : best),
    undefined,
  );
}

function depth(error: ErrorObject): number {
  return error.instancePath.split("/").length;
}

function concernsClaimedType(error: ErrorObject, activity: Json): boolean {
  const root = error.instancePath.split("/")[1] ?? "";
  const definition = /\/definitions\/([^/]+)/.exec(error.schemaPath)?.[1];
  return definition !== undefined && ROOTS.includes(root) && claims(activity[root], definition);
}

/** Whether `value`, or anything inside it, has this `type`. */
function claims(value: unknown, type: string): boolean {
  if (Array.isArray(value)) {
    return value.some((element) => claims(element, type));
  }
  return isObject(value) && (value["type"] === type || Object.values(value).some((inner) => claims(inner, type)));
}

function sentence(error: ErrorObject, hint: string | undefined): string {
  const complaint = `${error.instancePath || "activity stream"}: ${error.message ?? "must match its schema"}`;
  return hint === undefined ? complaint : `${complaint}: ${hint}`;
}

function unknownProperty(error: ErrorObject): string | undefined {
  return error.keyword === "additionalProperties" ? String(error.params["additionalProperty"]) : undefined;
}

function choices(error: ErrorObject): string | undefined {
  const allowed: unknown = error.params["allowedValues"];
  return Array.isArray(allowed) ? allowed.join(", ") : undefined;
}

/** The names of a union's members. `platform` is how gateways speak of themselves, nothing for applications to choose. */
function alternatives(error: ErrorObject): string | undefined {
  if (error.keyword !== "oneOf" || !Array.isArray(error.schema)) {
    return undefined;
  }
  const names = error.schema
    .map((member: unknown) => (isObject(member) ? String(member["$ref"] ?? "").split("/").at(-1) : undefined))
    .filter((name) => name !== undefined && name !== "" && name !== "platform");
  return names.length > 0 ? names.join(", ") : undefined;
}
