/**
 * Checks activities before they are sent, by the gateway's own rules, so that mistakes show at once (core.md 2.1 and 2.5).
 */

import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { fullFormats } from "ajv-formats/dist/formats.js";
import addDraft2019Formats from "ajv-formats-draft2019";

import envelopeSchema from "../../schemas/envelope.json";
import { isObject, type ActivityEvent, type Json } from "./activity.js";
import { platformsNamed, type JsonSchema, type Platform, type Registry } from "./registry.js";
import * as texts from "./texts.js";
import { describe } from "./violation.js";

/** The compiled schemas of one platform; a part that does not compile is left to the gateway. */
type Rules = Partial<Record<ActivityEvent, ValidateFunction>>;

/** The compiled schemas of one registry. A new registry gets a new validator, so nothing of an older one lingers. */
export class Validator {
  /** Why schemas could not be used, one sentence per schema. */
  readonly complaints: readonly string[];

  readonly #registry: Registry;
  readonly #envelope: ValidateFunction | undefined;
  readonly #rules = new Map<string, Rules>();

  constructor(registry: Registry) {
    this.#registry = registry;
    const complaints: string[] = [];
    const ajv = compiler();
    const attempt = (name: string, schema: JsonSchema): ValidateFunction | undefined => {
      try {
        return ajv.compile(schema);
      } catch (cause) {
        // Also where a page's content security policy forbids the code that AJV generates.
        complaints.push(texts.schemaUnusable(name, cause instanceof Error ? cause.message : String(cause)));
        return undefined;
      }
    };
    this.#envelope = attempt("the envelope", envelopeSchema);
    for (const { id, schemas } of registry.platforms) {
      const rules: Rules = {};
      const credentials = attempt(id, schemas.credentials);
      const message = attempt(id, schemas.messages);
      if (credentials) rules.credentials = credentials;
      if (message) rules.message = message;
      this.#rules.set(id, rules);
    }
    this.complaints = complaints;
  }

  /** Why `activity` may not be sent as `event`, or nothing if it may. */
  refusal(event: ActivityEvent, activity: unknown): string | undefined {
    if (!isObject(activity)) {
      return texts.NOT_AN_OBJECT;
    }
    const contexts = activity["@context"];
    if (!isStrings(contexts)) {
      return event === "credentials" && contexts === undefined ? texts.CREDENTIALS_NO_CONTEXT : texts.NO_CONTEXT;
    }
    if (typeof activity["type"] !== "string") {
      return texts.NO_TYPE;
    }
    if (!activity["actor"]) {
      return texts.NO_ACTOR;
    }
    const [platform, ...others] = platformsNamed(this.#registry, contexts);
    if (platform === undefined || others.length > 0) {
      return texts.notOnePlatform(event === "credentials" ? "credential activity" : "activity");
    }
    return this.#refusalBy(platform, event, activity, activity["type"]);
  }

  #refusalBy(platform: Platform, event: ActivityEvent, activity: Json, verb: string): string | undefined {
    if (event === "credentials" && verb !== "credentials") {
      return texts.NOT_CREDENTIALS;
    }
    for (const rules of [this.#envelope, this.#rules.get(platform.id)?.[event]]) {
      if (rules && !rules(activity)) {
        return `[${platform.id}] ${describe(rules.errors ?? [], activity)}`;
      }
    }
    if (event === "message" && !platform.types.includes(verb)) {
      return texts.unknownVerb(verb, platform.id, platform.types);
    }
    return undefined;
  }
}

function compiler(): Ajv {
  const ajv = new Ajv({ allErrors: true, strictTypes: false, verbose: true });
  addFormats(ajv);
  addDraft2019Formats(ajv);
  // Activities may leave out the time zone (core.md 2.4).
  return ajv.addFormat("date-time", fullFormats["iso-date-time"]);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}
