"""No bytecode reads a word that can be 2**30 or more: on 32 bits it would be a heap object."""

import ast

from tools import layout


def absolute_names():
    """The constants of the fields that hold full 32-bit numbers."""
    names = set()
    for prefix, _, fields in layout.RECORDS.values():
        names |= {prefix + name for name, text in fields if text.startswith("absolute:")}
    return names


def is_leaf(function):
    return any(getattr(d, "attr", "") in ("viper", "asm_thumb") for d in function.decorator_list)


def reads(tree, names):
    """[(line, name)] of what plain functions read from an absolute field."""
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or is_leaf(function):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
                index = node.target.slice  # reads what it changes
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                index = node.slice
            else:
                continue
            if isinstance(index, ast.Slice):
                continue  # words stay words
            used = {part.id for part in ast.walk(index) if isinstance(part, ast.Name)}
            found += [(node.lineno, name) for name in used & names]
    return found


def test_plain_functions_read_no_absolute_field():
    names = absolute_names()
    assert {"_SND_UNA", "_RCV_NXT", "_S_SEQ", "_SACK0", "_HO_ISS", "_TW_RCV_NXT"} <= names
    wrong = []
    for path in sorted(layout.LIB.rglob("*.py")):
        for line, name in reads(ast.parse(path.read_text()), names):
            wrong.append("%s:%d reads %s" % (path.relative_to(layout.LIB), line, name))
    assert not wrong, "\n".join(wrong)


def test_a_read_would_be_found():
    tree = ast.parse(
        "def f(r):\n    if r[_SND_UNA] == 0:\n        r[_RCV_NXT] += 1\n    r[_TS_RECENT] = 0\n"
        "@micropython.viper\ndef g(r: ptr32):\n    r[_SND_UNA] = r[_SND_UNA] + 1\n"
    )
    assert sorted(reads(tree, absolute_names())) == [(2, "_SND_UNA"), (3, "_RCV_NXT")]
