import { z } from 'zod';

const text = z.string().max(1_000).optional();

/** One kind each; the others of the vendor go to services that a local workspace does not reach. */
export const DestinationConfig = z.looseObject({
  generic_webhook: z.strictObject({ url: z.string().max(2_000), username: text, password: text }).optional(),
  email: z.strictObject({ addresses: z.array(z.string().max(320)).min(1).max(30) }).optional(),
});
export type DestinationConfig = z.infer<typeof DestinationConfig>;

const display_name = z.string().min(1).max(256);

/** @see https://docs.databricks.com/api/workspace/notificationdestinations/create */
export const CreateDestination = z.looseObject({ display_name, config: DestinationConfig });
export const UpdateDestination = z.looseObject({
  display_name: display_name.optional(),
  config: DestinationConfig.optional(),
});
export const ListDestinations = z.object({
  page_size: z.coerce.number().int().min(1).max(1_000).default(100),
  page_token: z.string().max(200).optional(),
});
export const DestinationId = z.object({ id: z.string().max(100) });
export const ListNotifications = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) });
