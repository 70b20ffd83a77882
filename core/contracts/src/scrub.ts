/**
 * Masks what must not be stored or shown: credentials in URLs, bearer tokens, our own token forms, and every secret
 * that was registered. Control characters go first, because a `\r` inside `user:pass@host` would split the match.
 * All scans are linear: a backtracking pattern on a stranger's text can be made to hang.
 */
export function scrub(text: string): string {
  return maskRegistered(maskTokens(maskUrlCredentials(stripControls(text))));
}

const MASK = '***';
const registered = new Set<string>();
let longestFirst: string[] = [];

/**
 * Adds secret values (and their base64 and URL-encoded forms, also inside a longer text that was encoded whole) to what
 * `scrub` masks in this process. Values shorter than 6 characters are ignored: masking them would shred ordinary text.
 */
export function registerSecrets(values: readonly string[]): void {
  for (const value of values) {
    if (value.length < 6) continue;
    for (const form of [value, ...urlForms(value), ...base64Forms(value)]) registered.add(form);
  }
  longestFirst = [...registered].sort((a, b) => b.length - a.length);
}

/** The longest registered form: a stream masker must hold back this many characters minus one between chunks. */
export function longestSecretLength(): number {
  return longestFirst[0]?.length ?? 0;
}

function stripControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]|\u001b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~])?/g, '');
}

function maskUrlCredentials(text: string): string {
  let out = '';
  let from = 0;
  for (;;) {
    const scheme = text.indexOf('://', from);
    if (scheme < 0) return out + text.slice(from);
    const start = scheme + 3;
    let end = start;
    while (end < text.length && !' \t\n/?#"\'<>'.includes(text[end] as string)) end++;
    const at = text.lastIndexOf('@', end);
    if (at >= start && at < end) {
      out += text.slice(from, start) + MASK + text.slice(at, end);
    } else {
      out += text.slice(from, end);
    }
    from = end;
  }
}

function maskTokens(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)[ ]{1,4}[A-Za-z0-9._~+/=-]{8,4096}/g, `$1 ${MASK}`)
    .replace(/\bsl_[a-z0-9]{8}_[A-Za-z0-9_-]{16,128}/g, `sl_${MASK}`)
    .replace(/\bdapi[a-f0-9]{32}\b/g, `dapi${MASK}`);
}

function maskRegistered(text: string): string {
  let out = text;
  for (const secret of longestFirst) if (out.includes(secret)) out = out.split(secret).join(MASK);
  return out;
}

function urlForms(value: string): string[] {
  const encoded = encodeURIComponent(value);
  const lowerCase = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [encoded, lowerCase, encoded.replaceAll('%20', '+')];
}

/**
 * What three bytes make is four characters, so a secret looks different at each of three places in a longer text (`user:secret`). Of each the characters
 * are taken that no neighbour has a part in, in both alphabets.
 */
function base64Forms(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const forms = [0, 1, 2].map((shift) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(shift), ...bytes));
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
