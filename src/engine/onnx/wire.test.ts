import { describe, expect, it } from 'vitest';
import { WireMessage } from './wire.js';

const message = (...bytes: number[]) => new WireMessage(Uint8Array.from(bytes));
const varint = (...bytes: number[]) => message(0x08, ...bytes).integer(1);

describe('a message', () => {
  it('has integers of every length, negative ones too', () => {
    expect(varint(0)).toBe(0);
    expect(varint(0xac, 0x02)).toBe(300);
    expect(varint(...Array(7).fill(0xff), 0x01)).toBe(2 ** 50 - 1);
    expect(varint(...Array(9).fill(0xff), 0x01)).toBe(-1);
    expect(varint(0xf8, ...Array(8).fill(0xff), 0x01)).toBe(-8);
    expect(varint(...Array(9).fill(0x80), 0x01)).toBe(-(2 ** 63));
    expect(message().integer(1)).toBe(0);
  });

  it('has lists, packed or not, texts and messages', () => {
    expect(message(0x08, 1, 0x0a, 2, 2, 3, 0x08, 4).integers(1)).toEqual([1, 2, 3, 4]);
    expect(message(0x12, 2, 0x68, 0x69, 0x12, 0).texts(2)).toEqual(['hi', '']);
    expect(message(0x1a, 2, 0x08, 7).message(3)!.integer(1)).toBe(7);
    expect(
      message(0x1a, 0, 0x1a, 2, 0x08, 7)
        .messages(3)
        .map((part) => part.integer(1)),
    ).toEqual([0, 7]);
    expect(message(0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8).fields).toEqual([1, 2]);
  });

  it('is refused where another reader could understand it in another way', () => {
    expect(() => message(0x08, 1, 0x08, 2).integer(1)).toThrow(/the field 1 2 times/);
    expect(() => message(0x0a, 0, 0x0a, 0).message(1)).toThrow(/the field 1 2 times/);
    expect(() => message(0x0a, 1, 0x61).integer(1)).toThrow(/another kind of value/);
    expect(() => message(0x08, 1).text(1)).toThrow(/another kind of value/);
    expect(() => message(0x0a, 1, 0xff).text(1)).toThrow(/not UTF-8/);
    expect(() => varint(...Array(9).fill(0x80), 0x02)).toThrow(/64 bits/);
    expect(() => varint(...Array(10).fill(0x80), 0x01)).toThrow(/64 bits/);
  });

  it('is refused where it is none', () => {
    expect(() => message(0x08)).toThrow(/ends within a number/);
    expect(() => message(0x0a, 5, 1)).toThrow(/ends within a field/);
    expect(() => message(0x0a, ...Array(9).fill(0xff), 0x01)).toThrow(/ends within a field/);
    expect(() => message(0x09, 1)).toThrow(/ends within a field/);
    for (const tag of [0x00, 0x03, 0x0b, 0x0c]) expect(() => message(tag, 0)).toThrow(RangeError);
  });
});
