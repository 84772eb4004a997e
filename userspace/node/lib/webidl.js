// SPDX-License-Identifier: MIT
// The parts of Web IDL that WebUSB uses: conversion of arguments, and what interface objects look like.
'use strict';

const { types } = require('node:util');

// Modulo 2^bits, as integer types without [EnforceRange] or [Clamp] convert.
function integer(value, bits) {
  const number = +value; // throws for a BigInt, as it must
  if (!Number.isFinite(number)) return 0;
  const modulus = 2 ** bits;
  const rest = Math.trunc(number) % modulus;
  return rest < 0 ? rest + modulus : rest + 0;
}

const octet = (value) => integer(value, 8);
const unsignedShort = (value) => integer(value, 16);
const unsignedLong = (value) => integer(value, 32);

function string(value) {
  if (typeof value === 'symbol') throw new TypeError('a symbol is not a string');
  return String(value);
}

function enumeration(name, values) {
  return (value) => {
    const text = string(value);
    if (!values.includes(text)) throw new TypeError(`'${text}' is not a valid ${name}`);
    return text;
  };
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

function sequence(value, convert) {
  if (!isObject(value)) throw new TypeError('not a sequence');
  const method = value[Symbol.iterator];
  if (typeof method !== 'function') throw new TypeError('not a sequence');
  const iterator = method.call(value);
  if (!isObject(iterator)) throw new TypeError('not an iterator');
  const { next } = iterator;
  const result = [];
  for (;;) {
    const step = next.call(iterator);
    if (!isObject(step)) throw new TypeError('not the result of an iterator');
    if (step.done) return result;
    result.push(convert(step.value));
  }
}

// convert: { member: [conversion, required] } in the order of the members' names.
function dictionary(value, convert) {
  if (value !== undefined && value !== null && !isObject(value)) throw new TypeError('not a dictionary');
  const result = {};
  for (const name of Object.keys(convert).sort()) {
    const [conversion, required] = convert[name];
    const member = value === undefined || value === null ? undefined : value[name];
    if (member !== undefined) result[name] = conversion(member);
    else if (required) throw new TypeError(`required member '${name}' is missing`);
  }
  return result;
}

// Memory that others write to, or that grows and shrinks, is nothing for these interfaces.
const isFixed = (buffer) => types.isArrayBuffer(buffer) && !buffer.resizable;

function nullableDataView(value) {
  if (value === undefined || value === null) return null;
  if (!types.isDataView(value) || !isFixed(value.buffer)) throw new TypeError('not a DataView');
  return value;
}

// Type check only; the bytes are taken by bytesOf(), when nothing of the caller's can run any more.
function bufferSource(value) {
  if (isFixed(ArrayBuffer.isView(value) ? value.buffer : value)) return value;
  throw new TypeError('neither an ArrayBuffer of a fixed size nor a view of one');
}

// A detached buffer has no bytes.
function bytesOf(source) {
  if (types.isArrayBuffer(source)) return isDetached(source) ? new Uint8Array(0) : new Uint8Array(source);
  if (isDetached(source.buffer)) return new Uint8Array(0);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

function isDetached(buffer) {
  if (buffer.byteLength) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function needArguments(given, wanted) {
  if (given < wanted) throw new TypeError(`${wanted} argument${wanted > 1 ? 's' : ''} required, but only ${given} present`);
}

function illegalConstructor() {
  throw new TypeError('Illegal constructor');
}

// A key that only this package has: makes objects of interfaces without a usable constructor.
const internal = Symbol('internal');

// Makes a class an interface object: members enumerable, a class string, the right length.
function defineInterface(Class, length) {
  const { prototype } = Class;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name === 'constructor') continue;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    descriptor.enumerable = true;
    Object.defineProperty(prototype, name, descriptor);
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
  Object.defineProperty(Class, 'length', { value: length, configurable: true });
}

module.exports = {
  octet, unsignedShort, unsignedLong, string, enumeration, sequence, dictionary, isObject,
  nullableDataView, bufferSource, bytesOf, needArguments, illegalConstructor, internal, defineInterface,
};
