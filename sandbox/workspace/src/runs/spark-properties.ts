/**
 * Text of a Java properties file, as `spark-submit --properties-file` reads it. Everything but plain letters and digits is written as an escape,
 * so no value can end its line or begin another setting.
 */
export function propertiesText(conf: Readonly<Record<string, string>>): string {
  return Object.entries(conf)
    .map(([key, value]) => `${escaped(key, /[^A-Za-z0-9._-]/g)}=${escaped(value, /[^!-[\]-~]/g)}\n`)
    .join('');
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
