import { z } from 'zod';

const path = z.string().min(1).max(4_096);
const number = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const CreateFile = z.object({ path, overwrite: z.boolean().default(false) });
export const AddBlock = z.object({ handle: z.int().min(0), data: z.string() });
export const CloseFile = z.object({ handle: z.int().min(0) });
export const PutFile = z.object({ path, contents: z.string().default(''), overwrite: z.boolean().default(false) });
export const ReadQuery = z.object({ path, offset: number.default(0), length: number.optional() });
export const PathInput = z.object({ path });
export const MoveBody = z.object({ source_path: path, destination_path: path });
export const DeleteBody = z.object({ path, recursive: z.boolean().default(false) });
