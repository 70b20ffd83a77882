import type { FastifyRequest } from 'fastify';
import { decodeBase64 } from '../http/decode-base64.ts';
import { invalidParameter, notImplemented } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import type { ObjectLanguage } from './notebook-store.ts';
import { languageOfSource, sourceOfJupyter, withHead } from './notebook-text.ts';
import { ImportObject, Language } from './schema.ts';

/** What is to be stored: a file's bytes, or a notebook's text in source format. */
export interface ImportInput {
  path: string;
  content: Buffer;
  overwrite: boolean;
  language?: ObjectLanguage;
}

/** The body of `workspace/import`: JSON with base64, or a form with the bytes. */
export async function importInput(request: FastifyRequest): Promise<ImportInput> {
  const form = Buffer.isBuffer(request.body) ? await readForm(request, request.body) : undefined;
  const input = parseInput(ImportObject, form?.fields ?? request.body);
  const content = form?.content ?? decodeBase64(input.content, 'content');
  const language = input.language === undefined ? undefined : parseInput(Language, input.language);
  const { path, overwrite } = input;
  const file = { path, content, overwrite };
  switch (input.format ?? 'SOURCE') {
    case 'RAW':
      return file;
    case 'AUTO':
      return detectNotebook(file);
    case 'SOURCE':
      if (language === undefined) throw invalidParameter('language is required for an import with format SOURCE.');
      return { ...file, language, content: Buffer.from(withHead(content.toString('utf8'), language)) };
    case 'JUPYTER':
      return fromJupyter(file, language);
    case 'HTML':
    case 'DBC':
    case 'R_MARKDOWN':
      throw notImplemented(`Import with format ${input.format}`);
    default:
      throw invalidParameter(`format '${input.format?.slice(0, 40)}' is not supported.`);
  }
}

/** A notebook by its extension and first line loses the extension; everything else stays a file. */
export function detectNotebook(file: { path: string; content: Buffer; overwrite: boolean }): ImportInput {
  const language = languageOfSource(file.path, file.content);
  if (language !== undefined) return { ...file, path: file.path.replace(/\.[A-Za-z]+$/, ''), language };
  if (!file.path.toLowerCase().endsWith('.ipynb')) return file;
  return fromJupyter({ ...file, path: file.path.slice(0, -'.ipynb'.length) }, undefined);
}

function fromJupyter(
  file: { path: string; content: Buffer; overwrite: boolean },
  given: ObjectLanguage | undefined,
): ImportInput {
  const { language, text } = sourceOfJupyter(file.content, given);
  return { ...file, language, content: Buffer.from(text) };
}

async function readForm(
  request: FastifyRequest,
  body: Buffer,
): Promise<{ fields: Record<string, string>; content: Buffer }> {
  const type = request.headers['content-type'] as string;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw invalidParameter(`The form cannot be read: ${cause instanceof Error ? cause.message : cause}`);
    });
  const content = form.get('content');
  const fields = Object.fromEntries(
    [...form].filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
  if (content === null) return { fields, content: Buffer.alloc(0) };
  return {
    fields,
    content: typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(await content.arrayBuffer()),
  };
}
