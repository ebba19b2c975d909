// SPDX-License-Identifier: Apache-2.0
// What the official AsyncAPI parser and Spectral's AsyncAPI ruleset say of a document, as JSON:
// one object for each finding, and how many operations the parser sees.

import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
import spectralCore from "@stoplight/spectral-core";
import spectralParsers from "@stoplight/spectral-parsers";
import spectralRulesets from "@stoplight/spectral-rulesets";

const { Document, Ruleset, Spectral } = spectralCore;

const finding = (by) => ({ code, path, message }) => ({ by, code: String(code), path: path.join("."), message });

async function parsed(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  return {
    operations: document ? document.operations().all().length : 0,
    findings: diagnostics.map(finding("parser")),
  };
}

async function linted(text) {
  const spectral = new Spectral();
  spectral.setRuleset(new Ruleset({ extends: [spectralRulesets.asyncapi] }));
  const found = await spectral.run(new Document(text, spectralParsers.Json));
  return found.map(finding("spectral"));
}

const text = readFileSync(process.argv[2], "utf8");
const { operations, findings } = await parsed(text);
findings.push(...(await linted(text)));
console.log(JSON.stringify({ operations, findings }));
