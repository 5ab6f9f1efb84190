/** Schema files that the bundler turns into objects. */
declare module "*.json" {
  const schema: import("./registry.js").JsonSchema;
  export default schema;
}
