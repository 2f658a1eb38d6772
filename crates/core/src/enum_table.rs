//! Enums with a value for each variant, written as one table.

/// Defines an enum, the list of its variants, and a function that returns the value in a variant's row.
macro_rules! enum_table {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident $(= $number:literal)? => $value:expr,)+
        }
        $(#[$fn_meta:meta])*
        $fn_vis:vis fn $function:ident -> $type:ty;
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[$doc])* $variant $(= $number)?,)+
        }

        impl $name {
            /// All variants, in order.
            $vis const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];

            $(#[$fn_meta])*
            $fn_vis const fn $function(self) -> $type {
                match self {
                    $(Self::$variant => $value,)+
                }
            }
        }

        // Not every enum is listed.
        const _: [$name; $name::ALL.len()] = $name::ALL;
    };
}
