// API Platform's parser and the data provider of its admin, unmodified, at work on a running server.
//
//   BASE_URL=http://127.0.0.1:8080 KEY=mp_test_… npm test
//
// The key needs all scopes. Only records that this script makes are changed; it takes them away again.

import assert from "node:assert/strict";
import { fetchHydra, hydraDataProvider, hydraSchemaAnalyzer } from "@api-platform/admin";
import { parseHydraDocumentation } from "@api-platform/api-doc-parser";
import jsonld from "jsonld";

const { BASE_URL, KEY } = process.env;
assert(BASE_URL && KEY, "BASE_URL and KEY must be set");
const entrypoint = `${BASE_URL}/api`;
const run = Date.now().toString(36);

// The data provider asks the browser where its page is; that is all it needs of one.
globalThis.window = { location: { href: `${BASE_URL}/` } };

const authorization = { Authorization: `Bearer ${KEY}` };
const parser = (url) => parseHydraDocumentation(url, { headers: authorization });
const withHeaders = (headers) =>
  hydraDataProvider({
    entrypoint,
    mercure: false,
    httpClient: (url, options = {}) => fetchHydra(url, { ...options, headers: headers(options) }),
    apiDocumentationParser: parser,
  });
const provider = withHeaders((options) => ({ ...options.headers, ...authorization }));
// As API Platform's documentation shows it: then a PATCH is sent as application/ld+json.
const asDocumented = withHeaders(() => authorization);

const day = 24 * 60 * 60 * 1000;
const later = (days) => new Date(Math.ceil(Date.now() / 1000) * 1000 + days * day).toISOString().replace(".000", "");

// For each resource: records to make, what to search them by, a change, and a mistake.
const RESOURCES = {
  members: {
    class: "Member",
    title: "lastName",
    make: (n) => ({
      firstName: "Hydra",
      lastName: `Web ${run} ${n}`,
      email: `hydra.${run}.${n}@example.org`,
      status: n === 1 ? "pending" : "active",
      interests: ["Bridges", "Semi; colons"],
      customFields: { run, "badge": n },
      country: "AU",
      mobile: n === 3 ? null : "+61412345678",
    }),
    filters: [
      [{ status: "pending" }, [1]],
      [{ status: ["active", "pending"] }, [1, 2, 3]],
      [{ exists: { mobile: false } }, [3]],
      [{ [`customFields[badge]`]: 2 }, [2]],
      [{ country: "AU", createdAt: { after: later(-1).slice(0, 10) } }, [1, 2, 3]],
    ],
    change: { company: "Southern Cross" },
    mistake: { email: "no address", firstName: "" },
    types: { memberNumber: "integer", email: "email", dateOfBirth: "date", profilePublic: "boolean", interests: "array" },
    required: ["firstName", "lastName", "email"],
    readOnly: ["id", "memberNumber", "version", "createdAt", "updatedAt", "crmId"],
  },
  events: {
    class: "Event",
    title: "name",
    make: (n) => ({
      name: `Web ${run} ${n}`,
      eventType: n === 2 ? "webinar" : "online",
      eventStart: later(n),
      eventEnd: later(n + 1),
      meetingUrl: "https://meet.example.org/hydra",
      topic: run,
      cpdPoints: n / 2,
      speakers: [{ name: "Ada Lovelace", mainSpeaker: true }],
    }),
    filters: [
      [{ eventType: "webinar" }, [2]],
      [{ cpdPoints: { between: "0.5..1" } }, [1, 2]],
      [{ cpdPoints: { gt: 1 } }, [3]],
      [{ eventStart: { strictly_before: later(1.5) } }, [1]],
    ],
    change: { visibility: "members_only", speakers: [] },
    mistake: { eventEnd: "yesterday", cpdPoints: 0.3 },
    types: { cpdPoints: "decimal", eventStart: "dateTime", capacity: "integer", name: "string" },
    required: ["name"],
    readOnly: ["id", "duration", "version", "createdAt", "updatedAt"],
  },
  courses: {
    class: "Course",
    title: "name",
    make: (n) => ({ name: `Web ${run} ${n}`, author: run, courseType: n === 1 ? "quiz" : "video", membersPrice: "49.00" }),
    filters: [
      [{ courseType: "quiz" }, [1]],
      [{ courseType: ["quiz", "video"], author: run.toLowerCase() }, [1, 2, 3]],
    ],
    change: { shortDescription: "Made by API Platform's admin", membersPrice: "59.50" },
    mistake: { membersPrice: "free", name: null },
    types: { estimatedCompletionTime: "integer", startDate: "dateTime" },
    required: ["name"],
    readOnly: ["id", "version", "createdAt", "updatedAt"],
  },
};

const names = (fields) => fields.map((field) => field.name);
const list = (resource, filter = {}, more = {}) =>
  provider.getList(resource, {
    pagination: { page: 1, perPage: 10 },
    sort: { field: RESOURCES[resource].title, order: "ASC" },
    filter: { search: run, ...filter },
    ...more,
  });
const refused = async (promise) => {
  const error = await promise.then(() => assert.fail("it should have been refused"), (error) => error);
  assert(error.status, error);
  return error;
};

async function documentation() {
  const { api, status } = await parseHydraDocumentation(entrypoint);
  assert.equal(status, 200);
  assert.equal(api.title, "MemberPulse API");
  for (const [name, expected] of Object.entries(RESOURCES)) {
    const resource = api.resources.find((resource) => resource.name === name);
    assert(resource, `${name} is missing`);
    assert.equal(resource.url, `${entrypoint}/${name}`);
    assert.equal(resource.title, expected.class);
    assert.equal(resource.id, `${entrypoint}/docs.jsonld#${expected.class}`);
    const operations = resource.operations.map(({ type, method }) => `${type} ${method}`);
    assert.deepEqual(operations, ["list GET", "create POST", "show GET", "edit PATCH", "edit PUT", "delete DELETE"]);
    assert.deepEqual(names(resource.readableFields), names(resource.fields));
    assert.deepEqual(names(resource.fields.filter((field) => field.required)), expected.required);
    const writable = names(resource.writableFields);
    expected.readOnly.forEach((field) => assert(!writable.includes(field), `${field} is not writable`));
    for (const [field, type] of Object.entries(expected.types)) {
      assert.equal(resource.fields.find(({ name }) => name === field)?.type, type, `${name}.${field}`);
    }
    resource.fields.forEach((field) => assert(field.description, `${name}.${field.name} has a description`));
  }
}

async function introspection() {
  const { data } = await provider.introspect();
  await asDocumented.introspect();
  const analyzer = hydraSchemaAnalyzer();
  for (const resource of data.resources.filter(({ name }) => name in RESOURCES)) {
    const { title } = RESOURCES[resource.name];
    assert((await analyzer.getOrderParametersFromSchema(resource)).includes(title));
    const filters = (await analyzer.getFiltersParametersFromSchema(resource)).map(({ name }) => name);
    assert(filters.includes("status") && filters.includes("createdAt"), String(filters));
    assert.equal(analyzer.getFieldNameFromSchema(resource), resource.name === "members" ? "id" : "name");
  }
}

async function records(resource) {
  const { class: type, title, make, filters, change, mistake } = RESOURCES[resource];
  assert.deepEqual(await list(resource), { data: [], total: 0 });

  // Create.
  const made = [];
  for (const n of [1, 2, 3]) {
    const { data } = await provider.create(resource, { data: make(n) });
    assert.equal(data.id, `/api/${resource}/${data.originId}`);
    assert.equal(data["@type"], type);
    assert.equal(data["@context"], `/api/contexts/${type}`);
    for (const [name, value] of Object.entries(make(n))) {
      if (name !== "speakers") assert.deepEqual(data[name], value, name);
    }
    made.push(data);
  }
  const ids = made.map(({ id }) => id);

  // List, page by page, in both directions of the order.
  const page = (page, order) =>
    list(resource, {}, { pagination: { page, perPage: 2 }, sort: { field: title, order } });
  const titles = ({ data }) => data.map((record) => record[title]);
  const all = [1, 2, 3].map((n) => make(n)[title]);
  assert.deepEqual([(await page(1, "ASC")).total, (await page(3, "ASC")).total], [3, 3]);
  assert.deepEqual([...titles(await page(1, "ASC")), ...titles(await page(2, "ASC"))], all);
  assert.deepEqual(titles(await page(1, "DESC")), all.toReversed().slice(0, 2));
  assert.deepEqual((await page(3, "ASC")).data, []);
  // The admin's own first page, before anybody chose an order; ids go with the time.
  const asFirst = await list(resource, {}, { sort: { field: "id", order: "ASC" } });
  assert.deepEqual(asFirst.data.map(({ id }) => id), ids.toSorted());
  const uncounted = await list(resource, { count: false }, { pagination: { page: 2, perPage: 1 } });
  assert.deepEqual(uncounted.pageInfo, { hasNextPage: true, hasPreviousPage: true });

  // Filter.
  for (const [filter, expected] of filters) {
    const found = (await list(resource, filter)).data.map(({ id }) => ids.indexOf(id) + 1);
    assert.deepEqual(found, expected, JSON.stringify(filter));
  }

  // One, and many.
  const { data: first } = await provider.getOne(resource, { id: ids[0] });
  assert.deepEqual(first, made[0]);
  assert.deepEqual((await provider.getMany(resource, { ids })).data, made);

  // Edit: the form sends the record as it was read, with its changes.
  const edited = await provider.update(resource, { id: ids[0], data: { ...first, ...change }, previousData: first });
  assert.equal(edited.data.version, 2);
  const { data: again } = await asDocumented.getOne(resource, { id: ids[0] });
  for (const [name, value] of Object.entries(change)) assert.deepEqual(again[name], value, name);
  assert.equal(again[title], first[title]);
  const back = Object.fromEntries(Object.keys(change).map((name) => [name, first[name]]));
  await asDocumented.update(resource, { id: ids[0], data: { ...again, ...back }, previousData: again });
  const { data: restored } = await provider.getOne(resource, { id: ids[0] });
  const { version, updatedAt, ...rest } = restored;
  const { version: _, updatedAt: __, ...before } = first;
  assert.deepEqual(rest, before);
  assert.equal(version, 3);

  // PUT takes JSON-LD too.
  const put = await fetchHydra(new URL(ids[1], entrypoint), {
    method: "PUT",
    headers: authorization,
    body: JSON.stringify({ ...made[1], ...change, id: ids[1] }),
  });
  assert.equal(put.status, 200);
  assert.equal(put.json["@id"], ids[1]);

  // Mistakes reach the form's fields, and their summary the notification.
  for (const wrong of [
    () => provider.create(resource, { data: { ...make(4), ...mistake } }),
    () => provider.update(resource, { id: ids[0], data: { ...restored, ...mistake }, previousData: restored }),
  ]) {
    const error = await refused(wrong());
    assert.equal(error.status, 400);
    assert.equal(error.message, "One or more fields failed validation");
    const shown = hydraSchemaAnalyzer().getSubmissionErrors(error);
    assert.deepEqual(Object.keys(shown).toSorted(), Object.keys(mistake).toSorted());
    Object.values(shown).forEach((message) => assert(message.length > 10));
  }
  const other = await refused(
    provider.update(resource, { id: ids[0], data: { "@id": ids[0], id: ids[1] }, previousData: restored }),
  );
  assert.deepEqual(Object.keys(hydraSchemaAnalyzer().getSubmissionErrors(other)), ["id"]);

  // Any reader of JSON-LD understands a list.
  await expands(resource);

  // Delete.
  assert.deepEqual(await provider.delete(resource, { id: ids[0], previousData: restored }), { data: { id: ids[0] } });
  const gone = await refused(provider.getOne(resource, { id: ids[0] }));
  assert.equal(gone.status, 404);
  await provider.deleteMany(resource, { ids: ids.slice(1) });
  assert.deepEqual(await list(resource), { data: [], total: 0 });
}

async function expands(resource) {
  const { class: type, title } = RESOURCES[resource];
  const get = async (url) => {
    const response = await fetch(url, { headers: { ...authorization, Accept: "application/ld+json" } });
    return { document: await response.json(), documentUrl: url, contextUrl: null };
  };
  const { document, documentUrl } = await get(`${entrypoint}/${resource}?search=${run}`);
  const [collection] = await jsonld.expand(document, { base: documentUrl, documentLoader: get });
  const hydra = "http://www.w3.org/ns/hydra/core#";
  assert.deepEqual(collection["@type"], [`${hydra}Collection`]);
  assert.deepEqual(collection[`${hydra}totalItems`], [{ "@value": 3 }]);
  const members = collection[`${hydra}member`];
  assert.equal(members.length, 3);
  const docs = `${entrypoint}/docs.jsonld#`;
  for (const member of members) {
    assert.deepEqual(member["@type"], [`${docs}${type}`]);
    assert(member["@id"].startsWith(`${entrypoint}/${resource}/`));
    assert(member[title === "name" ? "https://schema.org/name" : `${docs}${type}/${title}`]);
    assert.equal(member[`${docs}${type}/createdAt`][0]["@type"], "http://www.w3.org/2001/XMLSchema#dateTime");
  }
  const [search] = collection[`${hydra}search`];
  assert(search[`${hydra}mapping`].some((it) => it[`${hydra}property`]?.[0]["@id"] === `${docs}${type}/status`));
}

await documentation();
await introspection();
for (const resource of Object.keys(RESOURCES)) {
  await records(resource);
  console.log(`${resource}: listed, paged, filtered, made, edited and deleted`);
}
