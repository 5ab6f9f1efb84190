declare module "ajv-formats-draft2019" {
  import type Ajv from "ajv";
  /** Adds `iri`, `iri-reference`, `idn-email`, `idn-hostname` and `duration`. */
  export default function addFormats(ajv: Ajv): Ajv;
}
