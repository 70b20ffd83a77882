import { parse, TomlError } from 'smol-toml';

/** A document, or where and why it is none (line and column from 1). */
export type TomlResult =
  { ok: true; value: Record<string, unknown> } | { ok: false; message: string; line: number; column: number };

/** TOML 1.0 text to plain values. Never throws for any text. */
export function parseToml(text: string): TomlResult {
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = 'invalid'] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return { ok: false, message, line: error.line, column: error.column };
  }
}
