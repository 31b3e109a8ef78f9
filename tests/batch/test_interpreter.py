"""What the interpreter does with each trait of cmd that scripts rely on."""

from __future__ import annotations

import pytest

from sbom.batch import Command, CommandResult, Comparison, Program, ProgramRun, run_program
from sbom.diagnostics import SbomError

ARGUMENTS = ("--one", "two three", "four")


def handle(command: Command) -> CommandResult | None:
    """``show`` does nothing, ``fail`` ends with 3, and nothing is known of other programs."""
    return {"show": CommandResult(), "fail": CommandResult(errorlevel=3)}.get(command.words[0])


def run(script: str) -> ProgramRun:
    return run_program(Program(script, "s.bat"), handle, ARGUMENTS)


def shown(script: str) -> tuple[str, ...]:
    result = run(script)
    assert result.diagnostics == ()
    return tuple(command.text.removeprefix("show ") for command in result.commands)


def case(name: str, script: str, *expected: str) -> object:
    return pytest.param(script, expected, id=name)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        # Remarks: https://stackoverflow.com/questions/11212624, "Comments with REM".
        case("caret_joins_a_line_to_a_remark_of_one_word", "rem x^\nshow a\nshow b", "b"),
        case("caret_joins_two_lines_to_a_remark", "rem x^\ny^\nshow a\nshow b", "b"),
        case("caret_behind_words_of_a_remark", "rem x y^\nshow a", "a"),
        case("two_carets_join_no_line", "rem x^^\nshow a", "a"),
        # Variables.
        case("line_expands_before_it_runs", "set X=a& show [%X%]\nshow [%X%]", "[]", "[a]"),
        case(
            "block_expands_before_it_runs",
            "set X=1\n(\nset X=2\nshow %X%\n)\nshow %X%",
            "1",
            "2",
        ),
        case(
            "block_appends_to_what_was_there_before_it",
            "if a==a (\nset L=%L% one\nset L=%L% two\n)\nshow [%L%]",
            "[ two]",
        ),
        case(
            "lines_append_one_by_one",
            "set L=%L%   one-1\nset L=%L%   two-2\nshow [%L%]",
            "[   one-1   two-2]",
        ),
        case("set_keeps_trailing_blanks", "set X=b  & show x\nshow [%X%]", "x", "[b  ]"),
        case("parenthesis_ends_a_value", "(set X=d)\nshow [%X%]", "[d]"),
        case("blank_before_a_parenthesis_counts", "(set X=e )\nshow [%X%]", "[e ]"),
        case("set_in_quotes_ends_at_the_last", 'set "X=b c" more\nshow [%X%]', "[b c]"),
        case("set_keeps_quotes_of_the_value", 'set X="b"\nshow [%X%]', '["b"]'),
        case("set_without_value_removes", "set X=1\nset X=\nif not defined X show gone", "gone"),
        case("blank_is_part_of_a_name", "set A = b\nshow [%A%] [%A %]", "[] [ b]"),
        case("value_holds_equals_signs", "set X=a=b\nshow [%X%]", "[a=b]"),
        case("set_skips_leading_blanks", "set   X=lead\nshow [%X%]", "[lead]"),
        case("names_have_no_case", "set abc=1\nshow %ABC% %Abc%", "1 1"),
        case("quotes_keep_operators", 'set X=a"b & show c\nshow [%X%]', '[a"b & show c]'),
        case("set_of_many", "set A=1\nset B=2\nset C=%A%%B%\nshow %C%", "12"),
        # Percent signs.
        case("undefined_is_empty", "show [%NOPE%]", "[]"),
        case("two_percents_are_one", "show [%%] [%%X%%]", "[%] [%X%]"),
        case("single_percent_goes", "show [100%]", "[100]"),
        case("unclosed_percent_goes", "show [%NOPE", "[NOPE"),
        case("text_between_percents_is_a_name", "show two % x % y", "two  y"),
        case("unclosed_substring", "show [%NOPE:~0,2]", "[NOPE:~0,2]"),
        case("undefined_substring", "show [%NOPE:~0,2%]", "[~0,2]"),
        # Arguments.
        case("arguments_keep_quotes", "show [%1] [%2] [%9]", '[--one] ["two three"] []'),
        case("tilde_takes_quotes_off", "show [%~2]", "[two three]"),
        case("ten_is_one_and_a_nought", "show %10", "--one0"),
        case("star_is_all", "show %*", '--one "two three" four'),
        case("shift_leaves_star", "shift\nshow [%1] %*", '["two three"] --one "two three" four'),
        case("shift_from_a_number", "shift /2\nshow %1 %2", "--one four"),
        case(
            "shift_of_nothing_that_is_there", "shift /-1\nshow %1 %2 %3", '--one "two three" four'
        ),
        case("percent_tilde_dp0", "show %~dp0", "C:\\cpython\\PCbuild\\"),
        case("percent_tilde_names", "show %~n0 %~x0 %~nx0", "get_externals .bat get_externals.bat"),
        case(
            "dp0_does_not_follow_the_directory",
            "cd ..\nshow %~dp0externals",
            "C:\\cpython\\PCbuild\\externals",
        ),
        case(
            "call_label_shift_star",
            'call :s a "b c" d\nshow %1\ngoto :eof\n:s\nshow %0 %2 [%*]\nshift\nshow %1 [%*]',
            ':s "b c" [a "b c" d]',
            '"b c" [a "b c" d]',
            "--one",
        ),
        case(
            "arguments_are_taken_one_by_one",
            ':c\nif "%~1"=="--one" (set P=%2) & shift & shift & goto c\nshow [%P%] [%1]',
            '["two three"] [four]',
        ),
        # if.
        case(
            "if_swallows_the_rest_of_the_line",
            "if a==b (show one) & show two\nif a==a (show three) & show four",
            "three",
            "four",
        ),
        case("else_needs_its_line", "if a==b (\nshow a\n) else (\nshow b\n)", "b"),
        case("else_if_chain", "if a==b (show a) else if a==a (show b) else (show c)", "b"),
        case("else_without_a_block_is_text", "if a==a show a else show b", "a else show b"),
        case("else_belongs_to_the_nearest_if", "if a==a if a==b (show a) else (show b)", "b"),
        case("if_ignores_case_with_i", "if /i Ab==aB show i\nif Ab==aB show c", "i"),
        case("if_not", "if not a==b show n\nif not /i a==A show x", "n"),
        case("if_allows_blanks", 'if a == a show 1\nif "a"== "a" show 2', "1", "2"),
        case("if_quotes_hold_blanks", 'if "a b"=="a b" (show y) else (show n)', "y"),
        case("numbers_compare_as_numbers", "if 10 GTR 9 show n\nif 0x10 EQU 16 show h", "n", "h"),
        case("octal_numbers", "if 010 EQU 8 show o\nif 08 EQU 8 show x", "o"),
        case("quoted_numbers_compare_as_text", 'if "10" LSS "9" show t', "t"),
        case(
            "words_compare_in_any_case", "if 1 neq 2 show n\nif 2 GEQ 2 if 2 LEQ 2 show g", "n", "g"
        ),
        case("if_defined", "set X=1\nif DEFINED x show d\nif defined Y show y", "d"),
        case(
            "if_exist", "mkdir sub\nif exist SUB\\. show d\nif exist nope show x", "mkdir sub", "d"
        ),
        case(
            "if_exist_takes_wildcards",
            "mkdir sub[1]\nif exist s*1] show s\nif exist su? show n\nif exist sub?1? show q\n"
            "if exist sub[[1]* show n\nif not exist a\\* show a",
            "mkdir sub[1]",
            "s",
            "q",
            "a",
        ),
        case("cmdextversion", "if cmdextversion 2 show y\nif cmdextversion 3 show n", "y"),
        # for.
        case("for_separators", 'for %%e in (a b,c;d=e "f g") do show %%e', *"abcde", '"f g"'),
        case("for_list_over_lines", "for %%e in (\n  a\n  b c\n) do show %%e", *"abc"),
        case("for_over_nothing", "for %%e in () do show %%e\nfor %%e in (%N%) do show x"),
        case("for_variable_has_case", "for %%E in (A) do show %%e %%E", "%e A"),
        case(
            "for_in_for",
            "for %%a in (1 2) do for %%b in (x y) do show %%a%%b",
            *["1x", "1y", "2x", "2y"],
        ),
        case("for_caret_does_not_hide_a_comma", "for %%e in (a^,b) do show %%e", "a", "b"),
        case(
            "for_modifiers",
            "for %%e in (dir\\f.tar.gz) do show %%~ne %%~xe %%~fe",
            "f.tar .gz C:\\cpython\\dir\\f.tar.gz",
        ),
        case(
            "for_pattern",
            "md x\\ab x\\b\nfor %%e in (x\\a* k) do show %%e",
            "mkdir x\\ab x\\b",
            "ab",
            "k",
        ),
        case("pattern_has_no_brackets", "md x\\a\nfor %%e in (x\\[a]*) do show %%e", "mkdir x\\a"),
        case("set_in_for_is_seen_behind_it", "for %%e in (a b) do set X=%%e\nshow %X%", "b"),
        # Carets, operators, redirections.
        case("caret_escapes", "show a ^& b ^^ ^| ^> ^< ^( ^)", "a & b ^ | > < ( )"),
        case("caret_joins_lines", "show a^\nb", "ab"),
        case("caret_at_the_end_of_the_file", "show a^", "a"),
        case("caret_in_quotes_is_a_caret", 'show "a ^& b"', '"a ^& b"'),
        case("escaped_parenthesis_in_a_block", "(\nshow (x^) y\n)\nshow z", "(x) y", "z"),
        case("parentheses_at_top_level_are_text", "show (x) y", "(x) y"),
        case("and_or", "fail&&show a||show b\nshow c&&show d||show e", "fail", "b", "c", "d"),
        case("or_and", "fail||show a&&show b\nshow c||show d&&show e", "fail", "a", "b", "c"),
        case("and_behind_a_block", "(fail)||(show a)", "fail", "a"),
        case("redirections", ">nul show a\nshow b>nul 2>&1\nshow 2>nul c", "a", "b ", " c"),
        case("redirections_of_a_block", "(show a& show b) > nul && show c", *"abc"),
        case("digit_of_a_word_is_no_handle", "show a2>nul", "a2"),
        # Status.
        case(
            "errorlevel",
            "fail\nif errorlevel 3 show 3\nfail\nif errorlevel 4 show 4",
            "fail",
            "3",
            "fail",
        ),
        case("errorlevel_variable", "fail\nshow %errorlevel%\nshow %ErrorLevel%", "fail", "3", "0"),
        case("set_wins_over_errorlevel", "set errorlevel=x\nfail\nshow %errorlevel%", "fail", "x"),
        case(
            "status_of_a_call",
            "call :f || show %errorlevel% bad\ngoto :eof\n:f\nexit /b 4",
            "0 bad",
        ),
        case("rmdir_of_nothing_fails", "rmdir x || show failed", "rmdir x ", "failed"),
        # Jumps.
        case(
            "goto_leaves_a_loop",
            "for %%e in (a b) do (\nshow %%e\ngoto x\n)\nshow no\n:x\nshow x",
            "a",
            "x",
        ),
        case("goto_leaves_a_block", "(\nshow a\ngoto x\n)\nshow no\n:x\nshow x", "a", "x"),
        case("goto_the_next_line", "goto x\n:x\nshow a", "a"),
        case("goto_finds_labels_in_any_case", "goto ONE\nshow no\n:one more\nshow one", "one"),
        case(
            "goto_takes_a_colon_and_more", "goto:a\n:a\ngoto :b words\nshow no\n  :b\nshow b", "b"
        ),
        case("goto_needs_the_whole_label", "goto a\n:ab\nshow ab\n:a\nshow a", "a"),
        case("goto_searches_on_and_wraps", "goto b\n:a\nshow 1\ngoto :eof\n:b\ngoto a", "1"),
        case("goto_takes_the_next_of_two", "goto a\n:a\nshow 1\ngoto b\n:a\nshow 2\n:b", "1"),
        case("goto_drops_the_rest_of_the_line", "goto a& show no\n:a\nshow a", "a"),
        case("exit_leaves_calls", "call :s\nshow no\n:s\nexit 5"),
        case("exit_b_leaves_one_call", "call :s\nshow back\nexit /b\n:s\nexit /b", "back"),
        case(
            "call_expands_again", "set X=5\ncall show %%X%%\ncall set Y=%%X%%\nshow %Y%", "5", "5"
        ),
        # setlocal, directories.
        case("setlocal", "set X=1\nsetlocal\nset X=2\nendlocal\nshow %X%", "1"),
        case(
            "setlocal_ends_with_its_call",
            "call :s\nshow [%X%]\nexit /b\n:s\nsetlocal\nset X=1",
            "[]",
        ),
        case(
            "endlocal_goes_back",
            "setlocal\ncd a\nendlocal\nshow %CD%",
            "C:\\cpython",
        ),
        case("exclamation_marks_are_text", "set X=1\nshow !X!", "!X!"),
        case(
            "directories",
            "cd a\npushd b\nshow %CD%\npopd\nshow %CD%",
            "C:\\cpython\\a\\b",
            "C:\\cpython\\a",
        ),
        # Comments, blanks.
        case("rem_swallows_operators", "rem a & show x\nrem a ^\nshow b", "b"),
        case("comments_in_a_block", "(\nrem in ) block\n:: another\nshow a\n)", "a"),
        case("rem_may_end_in_a_dot", "rem & show x\nrem. & show y\nshow a", "a"),
        case(
            "at_signs_and_separators", "@show a\n  @@show b\n=show c\n;show d\n\tshow e", *"abcde"
        ),
        case("echo_in_its_forms", "echo.x\necho(x\necho:x\necho,x\necho\nECHO x\nshow a", "a"),
        case("carriage_returns", "(\r\nshow a\r\n)\r\n:x\r\nshow b\r\n", "a", "b"),
        case(
            "carriage_returns_of_a_file_converted_twice",
            "show a\r\r\n(\r\r\nshow b\r\r\n)",
            "a",
            "b",
        ),
        case("byte_order_mark", "\ufeffshow a", "a"),
    ],
)
def test_cmd_does(script: str, expected: tuple[str, ...]) -> None:
    assert shown(script) == expected


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("exit /b -1", -1, id="exit_b"),
        pytest.param("exit 300", 300, id="exit"),
        pytest.param("call :f\nexit /b\n:f\nexit /b 4", 4, id="exit_b_keeps_the_status"),
        pytest.param("fail", 3, id="the_last_program"),
        pytest.param("fail\nset X=1", 3, id="set_leaves_the_status"),
        pytest.param("# a comment that is none", 9009, id="name_of_no_program"),
        pytest.param("", 0, id="empty"),
    ],
)
def test_a_run_ends_with(script: str, status: int) -> None:
    assert run(script).status == status


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(
            "show a\n<<<<<<< HEAD\n=======\n>>>>>>> x",
            "s.bat:2: unresolved merge conflict: <<<<<<<\n"
            "s.bat:3: unresolved merge conflict: =======\n"
            "s.bat:4: unresolved merge conflict: >>>>>>>",
            id="conflict_marker",
        ),
        pytest.param(
            ":a\ngoto a",
            "s.bat:2: the script takes more steps than any real one",
            id="endless_goto",
        ),
        pytest.param(
            ":a\ncall :a",
            "s.bat:2: more than 100 calls and blocks are nested",
            id="endless_call",
        ),
        pytest.param(
            "for %%i in (1) do rem",
            "s.bat:1: expected a command after 'for'",
            id="for_without_a_body",
        ),
        pytest.param(
            "set X=ab\n:a\nset X=%X%%X%\ngoto a",
            "s.bat:3: the line grows beyond the 8191 characters that cmd takes",
            id="endless_growth",
        ),
        pytest.param(
            "show a\ngoto x", "s.bat:2: the label :x does not exist", id="goto_without_label"
        ),
        pytest.param(
            "show a\nif a==a (\nshow b",
            "s.bat:2: expected ')': the block that opens here is never closed",
            id="open_block",
        ),
        pytest.param(
            "for %%e in (a\nb",
            "s.bat:1: expected ')': the list that opens here is never closed",
            id="open_list",
        ),
        pytest.param(
            'if "%~9" == (show x)', "s.bat:1: one side of '==' is empty", id="block_for_a_side"
        ),
        pytest.param(
            'show a\nif "%A%"==""(\nshow b\n)',
            "s.bat:2: '(' is read as part of '\"\"('",
            id="block_touches_a_side",
        ),
        pytest.param(
            "if defined A(\nshow b\n)",
            "s.bat:1: '(' is read as part of 'A('",
            id="block_touches_a_name",
        ),
        pytest.param(
            "if a==a (\nshow b\n) else(\nshow c\n)",
            "s.bat:3: 'else(' was unexpected at this time",
            id="block_touches_else",
        ),
        pytest.param("if a==", "s.bat:1: one side of '==' is empty", id="empty_side"),
        pytest.param("if a==a", "s.bat:1: expected a command after 'if'", id="if_without_body"),
        pytest.param("if a = b c", "s.bat:1: expected a comparison, found 'B'", id="no_comparison"),
        pytest.param("for %%e (a) do show", "s.bat:1: expected 'in' after %%e", id="for_no_in"),
        pytest.param(
            "for %%e in (a) show",
            "s.bat:1: expected 'do' after the list of 'for'",
            id="for_no_do",
        ),
        pytest.param(
            "for e in (a) do x",
            "s.bat:1: expected a loop variable such as %%e, found 'e'",
            id="for_e",
        ),
        pytest.param("& show a", "s.bat:1: '&' was unexpected at this time", id="operator_first"),
        pytest.param("show a |", "s.bat:1: expected a command after '|'", id="operator_last"),
        pytest.param(
            "show a >", "s.bat:1: expected the name of a file after '>'", id="redirection_last"
        ),
        pytest.param(
            "(show a) b", "s.bat:1: 'b' was unexpected at this time", id="text_behind_a_block"
        ),
        pytest.param(
            "show %~", "s.bat:1: the path operator in '%~' is not valid", id="path_operator"
        ),
        pytest.param(
            "show %~z1",
            "s.bat:1: '%~z1' depends on files that are not available",
            id="asks_the_disk",
        ),
        pytest.param(
            "set X=a\nshow %X:a=b%", "s.bat:2: '%X:a=b%' is not supported", id="substitution"
        ),
        pytest.param(
            "set X=a\nshow %X:~b%",
            "s.bat:2: '%X:~b%' is not supported",
            id="substring",
        ),
    ],
)
def test_an_invalid_script_is_refused_with_its_line(script: str, message: str) -> None:
    with pytest.raises(SbomError) as caught:
        run(script)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(
            "show a\n)\nshow b",
            "s.bat:2: unmatched ')': cmd ignores the line",
            id="stray_parenthesis",
        ),
        pytest.param("set /p X=1", "s.bat:1: 'set /p' is not supported", id="prompt"),
        pytest.param("for /F %%i in (x) do show", "s.bat:1: 'for /F' is not supported", id="for_f"),
        pytest.param(
            "for /L %%i in (1,1,2) do show", "s.bat:1: 'for /L' is not supported", id="for_l"
        ),
        pytest.param(
            "setlocal EnableDelayedExpansion\nshow !X!",
            "s.bat:1: delayed expansion is not supported",
            id="delayed_expansion",
        ),
        pytest.param(
            "other x", "s.bat:1: cannot determine what 'other x' does", id="other_program"
        ),
        pytest.param("show %TIME%", "s.bat:1: cannot determine the value of %TIME%", id="clock"),
        pytest.param(
            "copy a b", "s.bat:1: cannot determine which files this line creates", id="copy"
        ),
        pytest.param(
            "setlocal&" * 32 + "setlocal", "s.bat:1: more than 32 setlocal are open", id="setlocals"
        ),
    ],
)
def test_what_cannot_be_simulated_is_reported(script: str, message: str) -> None:
    assert [str(diagnostic) for diagnostic in run(script).diagnostics] == [message]


def test_a_stray_parenthesis_does_not_stop_the_script() -> None:
    commands = run("show a\n) show b\nshow c").commands
    assert [command.text for command in commands] == ["show a", "show c"]


def test_a_run_returns_what_was_compared_and_which_variables_were_looked_up() -> None:
    result = run(
        'set A=1\nif "%A%"=="%B%" (show x) else if defined C show y\nif /i x%1==x-y show x'
    )
    assert result.comparisons == {
        Comparison((2, 0), '"1"', '""'),
        Comparison((2, 1), "C", is_name=True),
        Comparison((3, 0), "x--one", "x-y"),
    }
    assert result.variables == {"B", "C"}


def test_a_path_longer_than_windows_takes_is_not_created_nor_entered() -> None:
    name = "a" * 250
    commands = run(f"cd {name}\nshow %CD%\nmkdir {name} || show refused").commands
    assert [c.text for c in commands if c.text.startswith("show")] == [
        "show C:\\cpython",
        "show refused",
    ]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("show a > & show b", "s.bat:1: expected the name of a file after '>'"),
        ("show a 2>> && show b", "s.bat:1: expected the name of a file after '>>'"),
        ("if a==a (\n)\nshow a", "s.bat:2: ')' was unexpected at this time"),
        ("for %%e in (a) do ( )", "s.bat:1: ')' was unexpected at this time"),
        ("goto", "s.bat:1: goto names no label"),
        ("goto nowhere", "s.bat:1: the label :nowhere does not exist"),
    ],
)
def test_what_cmd_rejects_is_rejected_with_its_line(script: str, message: str) -> None:
    with pytest.raises(SbomError) as caught:
        run(script)
    assert str(caught.value) == message


def test_a_block_of_remarks_is_no_empty_block() -> None:
    assert shown("if a==a (\nrem nothing\n) else (\nshow a\n)\nshow b") == ("b",)
    assert [one.strip() for one in shown("show a >nul 2>&1\nshow b 2>nul>nul")] == ["a", "b"]


def test_a_call_of_a_label_that_is_not_there_sets_errorlevel_and_goes_on() -> None:
    assert shown("call :nowhere\nshow %ERRORLEVEL%\ncall :nowhere || show failed") == (
        "1",
        "failed",
    )


#: A list of 2,000 items, in lines that cmd takes.
ITEMS = "(\n" + ("1 " * 1000 + "\n") * 2 + ")"
EXPANDING = {
    "line": "set X={}\n" + 'if "%X%"=="b" show\n' * 2000,
    "loop_variable": f'for %%e in ({{}}) do for %%i in {ITEMS} do if "%%e"=="b" show',
    "name_of_path": f'for %%e in ({{}}\\n) do for %%i in {ITEMS} do if "%%~ne"=="b" show',
}


@pytest.mark.parametrize("name", EXPANDING)
def test_the_length_of_what_is_expanded_counts_as_steps(name: str) -> None:
    assert shown(EXPANDING[name].format("a")) == ()
    with pytest.raises(SbomError, match="more steps than any real one"):
        run(EXPANDING[name].format("a" * 1000))
