import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { principalOf } from '../identity/principal.ts';
import type { DocumentStore, StoredDocument } from '../pools/document-store.ts';
import { checkAddress } from './destination-address.ts';
import type { NotificationStore } from './notification-store.ts';
import {
  CreateDestination,
  DestinationConfig,
  DestinationId,
  ListDestinations,
  ListNotifications,
  UpdateDestination,
} from './schema.ts';

export interface DestinationRoutesOptions {
  destinations: DocumentStore;
  notifications: NotificationStore;
  allowedHosts: readonly string[];
  now: () => number;
}

/** Notification destinations, for admins, as the vendor has them; and, in the control API, what became of the messages. */
export function registerDestinations(app: FastifyInstance, options: DestinationRoutesOptions): void {
  const { destinations } = options;
  const path = '/api/2.0/notification-destinations';
  app.post(path, async (request) => {
    assertAdmin(request);
    const { display_name, config } = parseInput(CreateDestination, request.body);
    checkConfig(config, options.allowedHosts);
    return view(must(destinations, destinations.create({ display_name, config }, options.now())));
  });
  app.get(path, async (request) => list(options, request));
  app.get(`${path}/:id`, async (request) => {
    assertAdmin(request);
    return view(must(destinations, parseInput(DestinationId, request.params).id));
  });
  app.patch(`${path}/:id`, async (request) => update(options, request));
  app.delete(`${path}/:id`, async (request) => {
    assertAdmin(request);
    destinations.remove(must(destinations, parseInput(DestinationId, request.params).id).id);
    return {};
  });
  app.get('/slowlane/notifications', async ({ query }) => ({
    notifications: options.notifications.list(parseInput(ListNotifications, query).limit).map((one) => ({
      ...{ id: one.id, event_type: one.event, run_id: one.runId, destination_id: one.destinationId },
      ...{ state: one.state, attempts: one.attempts, last_answer: one.lastAnswer },
    })),
  }));
}

function list({ destinations }: DestinationRoutesOptions, request: FastifyRequest): unknown {
  assertAdmin(request);
  const query = parseInput(ListDestinations, request.query);
  const all = destinations.list();
  const from = query.page_token === undefined ? 0 : all.findIndex((one) => one.id === query.page_token);
  if (from < 0) throw invalidParameter('page_token: is none of this list.');
  const next = all[from + query.page_size];
  const shown = all.slice(from, from + query.page_size).map((one) => {
    const { config: _hidden, ...short } = view(one);
    return short;
  });
  return {
    ...(shown.length === 0 ? {} : { results: shown }),
    ...(next === undefined ? {} : { next_page_token: next.id }),
  };
}

function update({ destinations, allowedHosts }: DestinationRoutesOptions, request: FastifyRequest): unknown {
  assertAdmin(request);
  const known = must(destinations, parseInput(DestinationId, request.params).id);
  const changes = parseInput(UpdateDestination, request.body);
  if (changes.config !== undefined) checkConfig(changes.config, allowedHosts);
  destinations.replace(known.id, {
    display_name: changes.display_name ?? known.body['display_name'],
    config: changes.config ?? known.body['config'],
  });
  return view(must(destinations, known.id));
}

function checkConfig(config: DestinationConfig, allowedHosts: readonly string[]): void {
  const kinds = Object.keys(config).filter((kind) => config[kind] !== undefined);
  const foreign = kinds.find((kind) => kind !== 'generic_webhook' && kind !== 'email');
  if (foreign !== undefined)
    throw invalidParameter(`config.${foreign} is not supported by the local workspace: use generic_webhook or email.`);
  if (kinds.length !== 1) throw invalidParameter('config must have exactly one of generic_webhook and email.');
  if (config.generic_webhook !== undefined) checkAddress(config.generic_webhook.url, allowedHosts);
}

/** What a webhook was given is never shown again, only that it is there. */
function view({ id, body }: StoredDocument): Record<string, unknown> {
  const { generic_webhook: webhook, email } = DestinationConfig.parse(body['config']);
  return {
    id,
    display_name: body['display_name'],
    destination_type: webhook === undefined ? 'EMAIL' : 'WEBHOOK',
    config:
      webhook === undefined
        ? { email }
        : {
            generic_webhook: {
              url_set: true,
              username_set: webhook.username !== undefined,
              password_set: webhook.password !== undefined,
            },
          },
  };
}

function must(destinations: DocumentStore, id: string): StoredDocument {
  const found = destinations.get(id);
  if (found === undefined)
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Notification destination ${id} does not exist.`);
  return found;
}

function assertAdmin(request: FastifyRequest): void {
  if (principalOf(request).isAdmin) return;
  throw new ApiError(403, 'PERMISSION_DENIED', 'Only admins may use notification destinations.');
}
