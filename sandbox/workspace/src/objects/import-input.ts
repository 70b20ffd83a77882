import type { FastifyRequest } from 'fastify';
import { invalidParameter, notImplemented } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { ImportObject } from './schema.ts';

const notebookHead = '# Databricks notebook source';

export interface ImportInput {
  path: string;
  content: Buffer;
  overwrite: boolean;
}

/** The body of `workspace/import`, JSON with base64 or a form with the bytes. Notebooks are 501: there is nothing here that runs them. */
export async function importInput(request: FastifyRequest): Promise<ImportInput> {
  const form = Buffer.isBuffer(request.body) ? await readForm(request, request.body) : undefined;
  const input = parseInput(ImportObject, form?.fields ?? request.body);
  const content = form?.content ?? decodeBase64(input.content);
  const format = input.format ?? 'SOURCE';
  if (format !== 'RAW' && format !== 'AUTO') throw notImplemented(`Import with format ${format} (a notebook)`);
  if (format === 'AUTO' && content.subarray(0, notebookHead.length).toString('latin1') === notebookHead) {
    throw notImplemented('Import of a notebook');
  }
  return { path: input.path, content, overwrite: input.overwrite };
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

function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/[\r\n]/g, '').replace(/=+$/, '')) {
    throw invalidParameter('content is not base64.');
  }
  return bytes;
}
