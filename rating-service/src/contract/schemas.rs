//! What fields and parameters may hold, by the constants that the code itself goes by.

use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Required, Schema, SchemaFormat,
        Type,
        path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
    },
};

use crate::{
    conditions::Conditions,
    extract::Id,
    fields::{Average, Ids, Limit, LongText, Name, NamePrefix, Score},
    page::{Filter, ListQuery},
    ratings::{
        input::{NewRatings, RemoveQuery},
        model::{NewRating, Rating},
    },
    reply::Items,
    text,
};

fn string(max_chars: usize, pattern: String) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(max_chars)).pattern(Some(pattern))
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        string(Self::MAX_CHARS, text::name_pattern())
            .min_length(Some(1))
            .description(Some(
                "One line with a visible character; kept in NFC, without white space at its ends",
            ))
            .examples(["Amara Okafor"])
            .into()
    }
}

impl ToSchema for Name {}

impl PartialSchema for NamePrefix {
    fn schema() -> RefOr<Schema> {
        string(Name::MAX_CHARS, text::name_pattern()).min_length(Some(1)).into()
    }
}

impl PartialSchema for LongText {
    fn schema() -> RefOr<Schema> {
        string(Self::MAX_CHARS, text::long_pattern())
            .description(Some("Several lines; kept in NFC"))
            .examples(["Quick and friendly."])
            .into()
    }
}

impl ToSchema for LongText {}

fn points() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0.0)).maximum(Some(5.0))
}

impl PartialSchema for Score {
    fn schema() -> RefOr<Schema> {
        points()
            .multiple_of(Some(0.5))
            .description(Some("From 0 to 5 in steps of 0.5"))
            .examples([4.5])
            .into()
    }
}

impl ToSchema for Score {}

impl PartialSchema for Average {
    fn schema() -> RefOr<Schema> {
        points().into()
    }
}

fn id() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .examples(["01a1970b-a156-7a67-bb60-b8527463211a"])
}

impl PartialSchema for Ids {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(id()).min_items(Some(1)).max_items(Some(Self::MAX)).into()
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(Self::MAX))
            .default(Some(Self::DEFAULT.into()))
            .into()
    }
}

impl PartialSchema for NewRatings {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name(NewRating::name());
        let items = ArrayBuilder::new().items(one()).min_items(Some(1)).max_items(Some(Ids::MAX));
        let several = ObjectBuilder::new().property("items", items).required("items");
        OneOfBuilder::new()
            .item(one())
            .item(several.description(Some("All of them are added, or none")))
            .into()
    }
}

impl ToSchema for NewRatings {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((NewRating::name().into_owned(), NewRating::schema()));
        NewRating::schemas(schemas);
    }
}

fn parameter(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(place).description(Some(description)).schema(Some(schema))
}

impl IntoParams for Id {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "What is no id names nothing: 404";
        vec![parameter("id", ParameterIn::Path, description, id()).required(Required::True).build()]
    }
}

impl IntoParams for Conditions {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = || {
            let tag = r#"(W/)?"[!#-~]*""#;
            let pattern = format!(r"^(\*|{tag}([ \t]*,[ \t]*{tag})*)$");
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some(pattern))
                .examples([r#""bLWbKuVZCRnt5cnNQ4hZzA""#])
        };
        [
            ("If-Match", "Go on only in one of these states, else 412 (RFC 9110 §13.1.1)"),
            (
                "If-None-Match",
                "Go on only in other states, else 304 to a GET, 412 to others (RFC 9110 §13.1.2)",
            ),
        ]
        .map(|(name, description)| parameter(name, ParameterIn::Header, description, tags()).build())
        .to_vec()
    }
}

/// A parameter with ids separated by commas.
fn ids(required: Required) -> Parameter {
    parameter("ids", ParameterIn::Query, "Only these, separated by commas", Ids::schema())
        .required(required)
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .build()
}

impl<F: Filter + IntoParams> IntoParams for ListQuery<F> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let orders = F::SORT_KEYS.iter().flat_map(|key| [key.name.to_owned(), format!("-{}", key.name)]);
        let orders = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(orders))
            .default(Some(F::DEFAULT_SORT.into()));
        let cursor =
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(2_000));
        let mut parameters = F::into_params(place);
        parameters.extend([
            ids(Required::False),
            parameter("sort", ParameterIn::Query, "The order; `-` reverses it", orders).build(),
            parameter("limit", ParameterIn::Query, "Most items of the page", Limit::schema()).build(),
            parameter(
                "cursor",
                ParameterIn::Query,
                "Where the page begins: `nextCursor` of the page before, with the same filters and sort",
                cursor,
            )
            .build(),
        ]);
        parameters
    }
}

impl IntoParams for RemoveQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![ids(Required::True)]
    }
}

/// The answer to `POST /ratings`.
pub(crate) struct CreatedRatings;

impl PartialSchema for CreatedRatings {
    fn schema() -> RefOr<Schema> {
        let [one, several] = [Rating::name(), Items::<Rating>::name()].map(Ref::from_schema_name);
        OneOfBuilder::new().item(one).item(several).into()
    }
}

impl ToSchema for CreatedRatings {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Rating::name().into_owned(), Rating::schema()));
        schemas.push((Items::<Rating>::name().into_owned(), Items::<Rating>::schema()));
        Rating::schemas(schemas);
    }
}
