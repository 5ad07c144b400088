// A Vendure shop on SQLite, as its documents set one up: vendure.mjs PORT FILE. Serves on loopback until it is stopped.
// Run in a folder whose node_modules hold @vendure/core and better-sqlite3.
import {createRequire} from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const {bootstrap, DefaultLogger, dummyPaymentHandler, LogLevel} = require("@vendure/core");

const [port, file] = process.argv.slice(2);
const password = `only-here-${process.pid}`; // it refuses to start with the one of its documents
await bootstrap({
  apiOptions: {port: Number(port), hostname: "127.0.0.1", adminApiPath: "admin-api", shopApiPath: "shop-api"},
  authOptions: {
    tokenMethod: ["bearer"], requireVerification: false, superadminCredentials: {identifier: "superadmin", password},
    cookieOptions: {secret: "bench"},
  },
  dbConnectionOptions: {type: "better-sqlite3", synchronize: true, database: file, logging: false},
  paymentOptions: {paymentMethodHandlers: [dummyPaymentHandler]},
  logger: new DefaultLogger({level: LogLevel.Error}),
  plugins: [],
});

let token = "";
async function admin(query, variables = {}) {
  const answer = await fetch(`http://127.0.0.1:${port}/admin-api`, {
    method: "POST",
    headers: {"content-type": "application/json", ...(token ? {authorization: `Bearer ${token}`} : {})},
    body: JSON.stringify({query, variables}),
  });
  token ||= answer.headers.get("vendure-auth-token") ?? "";
  const said = await answer.json();
  if (said.errors) throw new Error(JSON.stringify(said.errors).slice(0, 600));
  return said.data;
}
const named = (name) => [{languageCode: "en", name, slug: name, description: ""}];
const argument = (name, value) => ({name, value});

await admin(`mutation { login(username: "superadmin", password: "${password}") { __typename } }`);
const country = (await admin(
  `mutation($i: CreateCountryInput!) { createCountry(input: $i) { id } }`,
  {i: {code: "CN", enabled: true, translations: [{languageCode: "en", name: "China"}]}})).createCountry.id;
const zone = (await admin(`mutation($i: CreateZoneInput!) { createZone(input: $i) { id } }`,
  {i: {name: "all", memberIds: [country]}})).createZone.id;
const channel = (await admin(`{ activeChannel { id } }`)).activeChannel.id;
await admin(`mutation($i: UpdateChannelInput!) { updateChannel(input: $i) { __typename } }`,
  {i: {id: channel, defaultTaxZoneId: zone, defaultShippingZoneId: zone}});
const tax = (await admin(`mutation { createTaxCategory(input: {name: "all", isDefault: true}) { id } }`))
  .createTaxCategory.id;
await admin(`mutation($i: CreateTaxRateInput!) { createTaxRate(input: $i) { id } }`,
  {i: {name: "none", enabled: true, value: 0, categoryId: tax, zoneId: zone}});
const shipping = (await admin(`mutation($i: CreateShippingMethodInput!) { createShippingMethod(input: $i) { id } }`, {i: {
  code: "post", fulfillmentHandler: "manual-fulfillment", translations: [{languageCode: "en", name: "post", description: ""}],
  checker: {code: "default-shipping-eligibility-checker", arguments: [argument("orderMinimum", "0")]},
  calculator: {code: "default-shipping-calculator",
    arguments: [argument("rate", "500"), argument("includesTax", "auto"), argument("taxRate", "0")]},
}})).createShippingMethod.id;
await admin(`mutation($i: CreatePaymentMethodInput!) { createPaymentMethod(input: $i) { id } }`, {i: {
  code: "pay", enabled: true, translations: [{languageCode: "en", name: "pay", description: ""}],
  handler: {code: "dummy-payment-handler", arguments: [argument("automaticSettle", "false")]},
}});
const product = (await admin(`mutation($i: CreateProductInput!) { createProduct(input: $i) { id } }`,
  {i: {enabled: true, translations: named("product")}})).createProduct.id;
const variant = (await admin(
  `mutation($i: [CreateProductVariantInput!]!) { createProductVariants(input: $i) { id } }`, {i: [{
    productId: product, sku: "s", price: 1000, taxCategoryId: tax, stockOnHand: 100000000, trackInventory: "TRUE",
    translations: [{languageCode: "en", name: "sku"}],
  }]})).createProductVariants[0].id;
console.log(JSON.stringify({variant, shipping}));
