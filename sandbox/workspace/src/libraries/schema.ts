import { z } from 'zod';
import { Library } from '../jobs/schema.ts';

export const LibrariesBody = z.object({
  cluster_id: z.string().max(200),
  libraries: z.array(Library).min(1, 'at least one library is needed').max(500),
});
export const ClusterStatus = z.looseObject({ cluster_id: z.string().max(200) });
