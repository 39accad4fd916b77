//! Every message of the compiler, in one list; each has its case `tests/ui/<name>.rs`.

/// A message: what is wrong, and what to write instead.
#[derive(Debug)]
pub struct Message {
    /// Its name, and that of its ui case.
    pub name: &'static str,
    /// What is wrong; each `{}` stands for a word of the case.
    pub text: &'static str,
    /// What to write instead; its `{}` follow those of the text.
    pub help: &'static str,
}

impl Message {
    /// The message as the user reads it.
    pub fn render(&self, words: &[&str]) -> String {
        let mut words = words.iter();
        let mut fill = |template: &str| {
            let mut parts = template.split("{}");
            let mut out = parts.next().unwrap_or_default().to_string();
            for part in parts {
                out.push_str(words.next().unwrap_or(&"_"));
                out.push_str(part);
            }
            out
        };
        let text = fill(self.text);
        let help = fill(self.help);
        format!("{text}\nhelp: {help}")
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $constant:ident $name:literal: $text:literal; $help:literal)+) => {
        $($(#[$doc])* #[doc = $text] pub const $constant: Message = Message { name: $name, text: $text, help: $help };)+
        /// Every message.
        pub const ALL: &[&Message] = &[$(&$constant,)+];
    };
}

catalogue! {
    // The signature.
    NOT_A_FUNCTION "not_a_function":
        "`#[{}]` stands on a function";
        "write `fn name(du: &mut [f64; N], u: &[f64; N], p: &[f64; M], t: f64) { .. }`"
    UNKNOWN_OPTION "unknown_option":
        "`#[{}]` has no option `{}`";
        "the options are: {}"
    QUALIFIED_FUNCTION "qualified_function":
        "a differentiated function is not `{}`";
        "take `{}` away: the derivative is a plain function of its arguments"
    METHOD_RECEIVER "method_receiver":
        "a differentiated function takes no `self`";
        "make it a free function, and pass what it reads as parameters `p`"
    METHODS_OF_A_TRAIT "methods_of_a_trait":
        "what is made of a method stands beside it, and the implementation of a trait has no room for it";
        "write the methods in an `impl` block of the type, with `#[differentiable]`, and call these from the trait's"
    GENERIC_PARAMETER "generic_parameter":
        "the {} can't be differentiated";
        "use `const N: usize` parameters; reals are written `f64` and stand for every scalar"
    WRONG_ARGUMENT_COUNT "wrong_argument_count":
        "{} arguments do not make {}";
        "write {}; `p` and `t` may be left out"
    WRONG_ARGUMENT_ORDER "wrong_argument_order":
        "the arguments are in the wrong order: {}";
        "the order is {}"
    TIME_NOT_REAL "time_not_real":
        "the time is a real, not `{}`";
        "write `t: f64`"
    NON_REAL_TYPE "non_real_type":
        "`{}` has no derivative";
        "states and parameters are `f64`, arrays of it, slices of it, or a struct that derives `Components`"
    UNSUPPORTED_TYPE "unsupported_type":
        "`{}` can't be a state or a parameter";
        "{}"
    MUTABLE_ARGUMENT "mutable_argument":
        "this argument can't be written through `&mut`";
        "{}"
    STATE_AND_DERIVATIVE_DIFFER "state_and_derivative_differ":
        "the derivative is `{}` but the state is `{}`";
        "give both the same type"
    NO_DERIVATIVE "no_derivative":
        "no derivative comes out of this function";
        "write it to a first argument `du: &mut S`, or return it: `-> S`"
    NO_NOISE "no_noise":
        "a drift and a noise come out of a stochastic equation";
        "write both, `fn f(du: &mut S, noise: &mut G, u: &S, p: &P, t: f64)`, or return both, `-> (S, G)`; without noise it is \
         `#[ode]`"
    NOISE_AND_STATE_DIFFER "noise_and_state_differ":
        "the noise is `{}` but the state is `{}`";
        "give the noise the type of the state, a Wiener process for each component; or a row of as many reals as there are \
         processes in the place of each component, `[[f64; M]; N]`"
    SCALAR_NOISE_WITH_ROWS "scalar_noise_with_rows":
        "`#[sde(scalar)]` is one Wiener process for all components, but the noise has rows";
        "give the noise the type of the state, or take `scalar` away"
    NOT_COMMUTATIVE "not_commutative":
        "the noise is not commutative: {}";
        "take `commutative` away, and solve it by a method for any noise: `EulerMaruyama`, `Milstein`"
    RETURN_WITH_DERIVATIVE "return_with_derivative":
        "a function that writes `du` returns nothing";
        "write the derivative to `du`, or leave `du` out and return it"
    MISSING_RETURN "missing_return":
        "nothing is returned where `{}` is promised";
        "end the body with the derivative as its last expression, without a semicolon"

    COMPONENTS_OF_STRUCT "components_of_struct":
        "`Components` belongs to structs with named fields";
        "write `struct Rates { growth: f64, decay: [f64; 2] }`"
    COMPONENTS_GENERICS "components_generics":
        "only `const N: usize` parameters can stand here";
        "write the fields as `f64`: the derive makes the struct over every scalar"
    NON_REAL_FIELD "non_real_field":
        "the field `{}` is `{}`, which has no derivative";
        "fields are `f64`, arrays of it of fixed length, or structs that derive `Components`; a fixed number is a `const`"

    // Syntax that the language leaves out.
    ASYNC "async_code":
        "`async` code can't be differentiated";
        "compute the derivative directly; run the solver itself in a task"
    UNSAFE "unsafe_code":
        "`unsafe` code can't be differentiated";
        "write it with indices or iterators; bounds of constant indices are checked at compile time"
    UNBOUNDED_LOOP "unbounded_loop":
        "there is no end to this";
        "write `0..N`, or `take(n)`; a `break` ends `for k in 0.. { .. }`"
    MACRO "macro_call":
        "`{}!` can't be differentiated";
        "{}"
    CLOSURE "closure_escapes":
        "this closure can't be differentiated";
        "bind it with `let` and call it here, or give it to `map`, `fold` or `array::from_fn`"
    CLOSURE_MISUSE "closure_arguments":
        "this closure takes {} arguments, not {}";
        "give it as many arguments as it names"
    MISSING_ELSE "missing_else":
        "this `if` has no value where its condition does not hold";
        "add what it is then: `else { 0.0 }`"
    TRY_OPERATOR "question_mark":
        "`?` leaves the function with an error, a derivative has none";
        "return a real: NaN tells the solver that the step failed"
    NESTED_ITEM "nested_item":
        "{} inside a differentiated function is not read";
        "move it out of the function; a helper gets `#[differentiable]`"
    UNSUPPORTED_SYNTAX "unsupported_syntax":
        "{} can't be differentiated";
        "{}"
    UNSUPPORTED_PATTERN "unsupported_pattern":
        "this pattern is not part of the language";
        "{}"
    TEXT_LITERAL "text_literal":
        "{} is no number";
        "only reals, integers and `true`/`false` can be computed with"
    BIT_OPERATOR "bit_operator":
        "`{}` works on bits, not on reals";
        "{}"
    RANGE_INDEX "range_index":
        "a part of an array can't be changed elsewhere";
        "give the whole array, or write to its elements here: `for x in &mut u[a..b] { .. }`"
    EFFECT_BEFORE_ADAPTOR "effect_before_adaptor":
        "`{}` takes items that it does not hand on, and a closure before it changes what it has captured";
        "write a loop, `for x in .. { .. }`, so that it shows when the change happens"

    // Names and calls.
    UNKNOWN_METHOD "unknown_method":
        "no derivative is known for the method `{}`";
        "{}"
    UNKNOWN_FUNCTION "unknown_function":
        "`{}` is not a function here";
        "{}"
    UNKNOWN_NAME "unknown_name":
        "`{}` has no value here";
        "{}"
    UNKNOWN_FIELD "unknown_field":
        "there is no `{}` in this value";
        "{}"
    WRONG_METHOD_ARGUMENTS "wrong_method_arguments":
        "`{}` takes {} arguments besides the number itself, not {}";
        "see the method of the same name of `f64`"
    RECURSION "recursion":
        "`{}` calls itself";
        "write it as a loop with a bound"
    GLOBAL_STATE "global_state":
        "`{}` can change between two calls, so the derivative would be wrong";
        "pass it as a parameter in `p`; a `const` may be read"
    UNKNOWN_RESULT_TYPE "unknown_result_type":
        "it can't be seen how long this array is";
        "write its type, `let a: [f64; N] = ..`, or its length, `from_fn::<f64, N, _>(..)`"
    NETWORK_METHOD "network_method":
        "no derivative is known for the method `{}` of a network";
        "write `{}`"
    NETWORK_INPUT "network_input":
        "a network takes one array, not {}";
        "{}"
    NETWORK_RECEIVER "network_receiver":
        "{} can't be a network here";
        "a network is a part of the parameters: `p.net.forward(x)`"

    // Kinds of numbers.
    INTEGER_FOR_REAL "integer_for_real":
        "integer arithmetic where a real is meant";
        "write `{}`"
    TRUNCATING_DIVISION "truncating_division":
        "`{}` is {}: integers divide without a fraction";
        "write `{}` for the real number"
    REAL_FOR_INTEGER "real_for_integer":
        "a real where an integer is meant";
        "{}"
    NO_SUCH_METHOD "no_such_method":
        "{} have no method `{}` here";
        "{}"
    ROUNDING_CAST "rounding_cast":
        "{} would round, and what is made of the function computes in one scalar throughout";
        "leave it out: for `f32` the same model is solved over `f32` states"
    NOT_A_NUMBER "not_a_number":
        "{} where a number is meant";
        "{}"
    NOT_A_CONDITION "not_a_condition":
        "{} where a condition is meant";
        "write a comparison: `x > 0.0`, `n == 1`"

    // Memory.
    ASSIGN_TO_INPUT "assign_to_input":
        "`{}` is an input and can't be assigned to";
        "copy it first: `let mut {} = {};`, or write to `du`"
    NOT_A_PLACE "not_a_place":
        "this can't be assigned to";
        "assign to a variable, an element or a field"
    LENGTH_MISMATCH "length_mismatch":
        "{} components where {} are expected";
        "{}"
    NOT_AN_ITERATOR "not_an_iterator":
        "there is nothing to loop over here";
        "loop over a range, `0..N` or `0..u.len()`, an array, or `u.iter()`"
    TYPE_MISMATCH "type_mismatch":
        "{} where `{}` is expected";
        "write every component: `[a, b]`, or change the type"
    INDEX_OUT_OF_RANGE "index_out_of_range":
        "index {} is out of range: the length of `{}` is {}";
        "{}"
    BELOW_ZERO "below_zero":
        "`{}` is {} here: an index has no value below zero";
        "start the loop later, write the first elements by themselves, or go around: `(i + N - 1) % N`"
    NOT_INDEXABLE "not_indexable":
        "a number has no components";
        "only arrays, slices and structs have parts; a `let` of the same name hides an argument"
    DERIVATIVE_NOT_ASSIGNED "derivative_not_assigned":
        "{} never assigned";
        "assign every component of the {}"
    DERIVATIVE_NOT_ALWAYS_ASSIGNED "derivative_not_always_assigned":
        "{} not assigned on every path";
        "assign it in every branch, or once before the branch"
    DERIVATIVE_READ_FIRST "derivative_read_first":
        "`{}` is read before it is written";
        "the {} starts with no value: assign to it first with `=`"
    BORROW_CHOICE "borrow_choice":
        "what this `&mut` borrows depends on a condition";
        "write inside the branches: `if c { x += 1.0; } else { y += 1.0; }`"
    UNUSED_STATE "unused_state":
        "the state `{}` is never used";
        "if the derivative does not depend on it, call it `_{}`"

    // Delayed equations.
    NO_HISTORY "no_history":
        "a delayed equation takes a history after its state";
        "write `fn f(du: &mut S, u: &S, h: &impl History<S>, p: &P, t: f64)`; an equation without delays is `#[ode]`"
    HISTORY_PLACE "history_place":
        "the history comes after the state and before the parameters";
        "write `fn f({}, u: &S, h: &impl History<S>, p: &P, t: f64)`"
    HISTORY_TYPE "history_type":
        "`{}` is not how a history is taken";
        "write `{}: &impl History<S>`, where `S` is the type of the state"
    HISTORY_WRITTEN "history_written":
        "the history can't be written";
        "the past is what the solve has computed: only the derivative is written"
    HISTORY_ALONE "history_alone":
        "the history `{}` says nothing without a time";
        "ask for the state at an earlier time, `{}(t - tau)`, and give that to whoever needs it"
    HISTORY_TIME "history_time":
        "the history is asked for one time";
        "write `{}(t - tau)`, a component of it `{}(t - tau)[0]`"
    HISTORY_METHOD "history_method":
        "a history has no method `{}`";
        "the state at a time is `{}(t - tau)`, its slope `{}.derivative(t - tau)`"
    HISTORY_SHADOWED "history_shadowed":
        "another `{}` hides the history";
        "give this one another name"
    ADVANCED_ARGUMENT "advanced_argument":
        "this asks for a time that is yet to come";
        "a lag is taken away from the time: `{}(t - tau)`"
    NO_LAG "no_lag":
        "this lag is {}";
        "{}"
    LAG_WITHOUT_TIME "lag_without_time":
        "this time is no time before `t`: it does not move with the time";
        "write `{}(t - tau)`; a state at a fixed time is data: give it with the parameters"
    LAG_OF_A_DRIVEN_STATE "lag_of_a_driven_state":
        "this lag depends on the state, which noise drives";
        "methods would lose their orders, as such a lookup wanders with the noise: let lags be constants, parameters or functions of the time"
    SLOPE_OF_A_DRIVEN_STATE "slope_of_a_driven_state":
        "the path of a stochastic equation has no slope";
        "ask for the state itself, `{}(t - tau)`"
    WHOLE_SLICE_OF_HISTORY "whole_slice_of_history":
        "how long an earlier state is does not show in its type";
        "ask for a component, `{}[i]`, or write the state as `[f64; N]`"
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ALL.iter().map(|m| m.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_message_has_its_case() {
        let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
        // Away from the workspace there are no cases to look for.
        if cases.is_dir() {
            for message in ALL {
                assert!(cases.join(format!("{}.rs", message.name)).is_file(), "{} has no case", message.name);
            }
        }
    }

    #[test]
    fn words_fill_the_gaps_of_text_and_help() {
        let text = super::RECURSION.render(&["f"]);
        assert!(text.starts_with("`f` calls itself\nhelp: "), "{text}");
    }
}
