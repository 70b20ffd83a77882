import { describe, expect, it } from 'vitest';
import { parseJupyter, parseSource, sourceLanguage } from './parse-notebook.ts';
import { splitSql } from './split-sql.ts';

describe('a notebook in source format', () => {
  it('is known by its first line, also after a byte order mark', () => {
    expect(sourceLanguage('# Databricks notebook source\nprint(1)')).toBe('python');
    expect(sourceLanguage('\uFEFF// Databricks notebook source')).toBe('scala');
    expect(sourceLanguage('-- Databricks notebook source\r\nSELECT 1')).toBe('sql');
    expect(sourceLanguage('print("# Databricks notebook source")')).toBeUndefined();
  });

  it('is split into cells, with magics, titles and Windows line ends', () => {
    const text = [
      '# Databricks notebook source',
      '# DBTITLE 1,Read orders',
      'a = 1',
      '',
      '# COMMAND ----------',
      '',
      '# MAGIC %sql SELECT 1;',
      "# MAGIC SELECT ';'",
      '# COMMAND ----------',
      '# MAGIC %md',
      '# MAGIC # Title',
      '# COMMAND ----------',
      '# MAGIC %run ./other $x="1"',
      '# COMMAND ----------',
      '# MAGIC %tensorboard',
      '# COMMAND ----------',
      '',
    ].join('\r\n');
    expect(parseSource(text, 'python')).toEqual({
      language: 'python',
      cells: [
        { kind: 'python', source: 'a = 1', title: 'Read orders' },
        { kind: 'sql', source: "SELECT 1;\nSELECT ';'", statements: ['SELECT 1', "SELECT ';'"] },
        { kind: 'md', source: '# Title' },
        { kind: 'run', source: './other $x="1"' },
        { kind: 'unknown', source: '%tensorboard' },
      ],
    });
  });

  it('of another language has that language’s comments', () => {
    expect(
      parseSource(
        '-- Databricks notebook source\nSELECT 1\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC x = 1',
        'sql',
      ).cells,
    ).toEqual([
      { kind: 'sql', source: 'SELECT 1', statements: ['SELECT 1'] },
      { kind: 'python', source: 'x = 1' },
    ]);
    expect(parseSource('// Databricks notebook source\nval a = 1 // COMMAND ----------', 'scala').cells).toHaveLength(
      1,
    );
  });
});

describe('a Jupyter notebook', () => {
  it('gives code and markdown cells in the language of its kernel', () => {
    const text = JSON.stringify({
      nbformat: 4,
      metadata: { kernelspec: { language: 'R' } },
      cells: [
        { cell_type: 'markdown', source: ['# T'] },
        { cell_type: 'code', source: ['x <- 1\n', 'x'] },
        { cell_type: 'code', source: '%sql\nSELECT 1' },
        { cell_type: 'raw', source: 'ignored' },
      ],
    });
    expect(parseJupyter(text)).toEqual({
      language: 'r',
      cells: [
        { kind: 'md', source: '# T' },
        { kind: 'r', source: 'x <- 1\nx' },
        { kind: 'sql', source: 'SELECT 1', statements: ['SELECT 1'] },
      ],
    });
  });

  it('that is none says why', () => {
    expect(() => parseJupyter('{')).toThrow('it is not JSON');
    expect(() => parseJupyter('[]')).toThrow('no list of cells');
    expect(() => parseJupyter('{"cells":[],"metadata":{"kernelspec":{"language":"julia"}}}')).toThrow("'julia'");
  });
});

describe('a SQL text', () => {
  it('is split at semicolons outside quotes, names and comments', () => {
    expect(splitSql("SELECT 'a\\';b';SELECT \"x;\", `y;z` -- c;d\n;/* e;f */ SELECT 1 - 2 / 3;;")).toEqual([
      "SELECT 'a\\';b'",
      'SELECT "x;", `y;z` -- c;d',
      '/* e;f */ SELECT 1 - 2 / 3',
    ]);
  });

  it('of comments alone holds nothing, and an open quote does not hang', () => {
    expect(splitSql('-- only;\n/* words */;')).toEqual([]);
    expect(splitSql("SELECT 'open; SELECT 2")).toEqual(["SELECT 'open; SELECT 2"]);
    expect(splitSql('/* '.repeat(50_000))).toEqual([]);
  });
});
