//! The examples themselves.

/// A rating of the example.
pub(super) struct Example {
    /// Index into [`USERS`].
    pub(super) user: usize,
    /// Index into [`SERVICES`].
    pub(super) service: usize,
    pub(super) half_points: u8,
    /// Empty for none.
    pub(super) comment: &'static str,
}

const fn rated(user: usize, service: usize, half_points: u8, comment: &'static str) -> Example {
    Example { user, service, half_points, comment }
}

/// Names of the users.
pub(super) const USERS: &[&str] = &[
    "Amara Okafor",
    "Benedikt Sørensen",
    "Chiara Lombardi",
    "Dmitri Volkov",
    "Elif Yıldız",
    "Farid Rahimi",
    "Grace O'Connell",
    "Hana Kobayashi",
    "Ivo Marković",
    "Julia Nowak",
    "Kwame Mensah",
    "Lucía Fernández",
];

/// Names and descriptions of the services.
pub(super) const SERVICES: &[(&str, &str)] = &[
    ("Harbour Bakery", "Sourdough, rye and cinnamon buns, baked through the night. Delivers until ten."),
    ("Kestrel Couriers", "Parcels across the city by cargo bike, usually within two hours."),
    ("Lantern Books", "Second-hand books, and a shop cat. Orders anything that is still in print."),
    ("Northside Cycles", "Repairs and rentals. Punctures while you wait."),
    ("Old Mill Dental", "Family dentistry beside the mill pond."),
    ("Tidewater Laundry", "Wash, press and fold; picked up and brought back the next day."),
];

/// Who gave what, oldest first; at most one for each user and service.
pub(super) const RATINGS: &[Example] = &[
    rated(0, 0, 10, "The cinnamon buns alone are worth moving here for."),
    rated(1, 1, 8, "Parcel across town in ninety minutes, in the rain."),
    rated(2, 2, 9, "Found a first edition of a book I lost twenty years ago."),
    rated(3, 3, 6, ""),
    rated(4, 4, 7, "On time, gentle, not cheap."),
    rated(5, 5, 4, "Shirts came back with someone else's cufflinks. Sorted out, but it took a week."),
    rated(6, 0, 9, ""),
    rated(7, 2, 10, "The cat recommended a novel. The cat was right."),
    rated(8, 3, 9, "Fixed my puncture while I drank a coffee."),
    rated(9, 1, 3, "Left with a neighbour I do not have."),
    rated(10, 0, 8, "Rye bread as it should be. Sold out by nine on Saturdays, though."),
    rated(11, 5, 9, ""),
    rated(0, 2, 7, ""),
    rated(1, 3, 8, "Fair price for new brake pads."),
    rated(2, 4, 9, "My daughter now asks when she may go back."),
    rated(3, 0, 7, "Good bread, long queue."),
    rated(4, 1, 9, ""),
    rated(5, 2, 8, "Ordered on Monday, there on Thursday."),
    rated(6, 3, 2, "Two weeks for a wheel, and the wrong size in the end."),
    rated(7, 5, 8, "Picked up at seven, back the next morning, folded better than I ever could."),
    rated(8, 0, 10, "Best sourdough north of the river."),
    rated(9, 4, 5, "Forty minutes in the waiting room, four in the chair."),
    rated(10, 1, 10, "They carried a cello. On a bicycle."),
    rated(11, 2, 9, ""),
    rated(0, 3, 9, "Rented two bikes for the weekend; both shifted like new."),
    rated(1, 5, 7, ""),
    rated(2, 0, 8, "Delivered warm."),
    rated(3, 1, 6, "Friendly, but the tracking page is a fiction."),
    rated(4, 2, 10, "Ask for the back room."),
    rated(5, 3, 8, ""),
    rated(6, 4, 8, "Explained everything before touching anything."),
    rated(7, 0, 9, "Oat loaf!"),
    rated(8, 5, 1, "A wool jumper that now fits my nephew."),
    rated(9, 2, 8, ""),
    rated(10, 3, 7, "Solid work, a little slow in spring."),
    rated(11, 1, 8, "Always the same courier, always on time."),
    rated(0, 4, 9, ""),
    rated(1, 0, 9, "The reason I get up early on Sundays."),
    rated(2, 5, 8, "Even got the red wine out."),
    rated(3, 2, 6, "Wonderful shop, wobbly shelves."),
    rated(4, 3, 10, "Told me that I did not need the expensive part."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_examples_keep_the_rules_of_the_service() {
        let pairs: HashSet<_> = RATINGS.iter().map(|rating| (rating.user, rating.service)).collect();
        assert_eq!(pairs.len(), RATINGS.len(), "one rating per user and service");
        for rating in RATINGS {
            assert!(rating.user < USERS.len() && rating.service < SERVICES.len() && rating.half_points <= 10);
        }
    }
}
