import { z } from 'zod';

export const ViewParams = z.object({ ticket: z.string().max(100) });

/** What the History Server says of applications, as far as it is used. */
export const Applications = z.array(z.object({ id: z.string().min(1).max(300) }));
